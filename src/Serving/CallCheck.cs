using OnnxPipeline.Files;

namespace OnnxPipeline.Serving;

/// <summary>Whether the tensors of a call are those that a model takes and gives. Every complaint names the tensor, what came and what was wanted.</summary>
internal static class CallCheck
{
    /// <exception cref="ServingException">An input is missing, unknown, given twice, or of another datatype or shape.</exception>
    public static void Inputs(ServedModel model, IReadOnlyList<NamedTensor> inputs)
    {
        for (var i = 0; i < inputs.Count; i++)
        {
            var (name, tensor) = inputs[i];
            var wanted = Find(model.Inputs, name) ?? throw Wrong(model, $"got an input '{name}', which the model does not have; wanted {Names(model.Inputs)}.");
            if (tensor.Type != wanted.Type)
            {
                throw Wrong(model, $"input '{name}': got datatype {Datatypes.NameOf(tensor.Type)}, wanted {Datatypes.NameOf(wanted.Type)}.");
            }

            if (!Fits(tensor.Dims, wanted.Dims))
            {
                throw Wrong(model, $"input '{name}': got shape {Tensor.Describe([.. tensor.Dims])}, wanted {Tensor.Describe([.. wanted.Dims])}{(wanted.Dims.Contains(-1) ? " (-1: any)" : "")}.");
            }

            for (var before = 0; before < i; before++)
            {
                if (inputs[before].Name == name)
                {
                    throw Wrong(model, $"input '{name}': got it twice, wanted it once.");
                }
            }
        }

        // Every given input is known and stands once, so that a count tells whether one is missing.
        if (inputs.Count < model.Inputs.Count
            && model.Inputs.FirstOrDefault(wanted => !model.OptionalInputs.Contains(wanted.Name) && inputs.All(given => given.Name != wanted.Name)) is { } missing)
        {
            throw Wrong(model, $"input '{missing.Name}' is missing: got {Names(inputs.Select(given => given.Name))}, wanted {Names(model.Inputs)}.");
        }
    }

    /// <summary>The names wanted; all where <paramref name="outputs"/> names none.</summary>
    /// <exception cref="ServingException">An output is unknown or wanted twice.</exception>
    public static IReadOnlyList<string> Outputs(ServedModel model, IReadOnlyList<string> outputs)
    {
        foreach (var name in outputs)
        {
            if (Find(model.Outputs, name) is null)
            {
                throw Wrong(model, $"got a request for an output '{name}', which the model does not have; wanted one of {Names(model.Outputs)}.");
            }

            if (outputs.Count(other => other == name) > 1)
            {
                throw Wrong(model, $"output '{name}': got two requests for it, wanted one.");
            }
        }

        return outputs.Count > 0 ? outputs : [.. model.Outputs.Select(output => output.Name)];
    }

    private static TensorInfo? Find(IReadOnlyList<TensorInfo> tensors, string name)
    {
        foreach (var tensor in tensors)
        {
            if (tensor.Name == name)
            {
                return tensor;
            }
        }

        return null;
    }

    private static bool Fits(IReadOnlyList<long> dims, IReadOnlyList<long> wanted)
    {
        if (dims.Count != wanted.Count)
        {
            return false;
        }

        for (var i = 0; i < dims.Count; i++)
        {
            if (wanted[i] >= 0 && dims[i] != wanted[i])
            {
                return false;
            }
        }

        return true;
    }

    private static string Names(IReadOnlyList<TensorInfo> tensors) => Names(tensors.Select(tensor => tensor.Name));

    private static string Names(IEnumerable<string> names) => names.ToArray() is { Length: > 0 } some ? string.Join(", ", some.Select(name => $"'{name}'")) : "none";

    private static ServingException Wrong(ServedModel model, string text) => new(ServingErrorKind.InvalidArgument, $"Model '{model.Name}' version {model.Version}: {text}");
}
