using OnnxPipeline.Files;

namespace OnnxPipeline.Training;

/// <summary>A tensor that a file holds by name for a place that is known: a parameter, a moment.</summary>
internal static class StoredTensor
{
    /// <summary>The tensor of a file, if it is what belongs there.</summary>
    /// <exception cref="TrainingException">There is none of that name, or it has another type or shape.</exception>
    public static Tensor Of(TensorFile file, string name, ElementType type, IReadOnlyList<long> dims) =>
        Checked(file.Path, name, file.TryGetInfo(name, out _) ? file[name] : null, type, dims, file.Names);

    /// <inheritdoc cref="Of"/>
    /// <param name="path">The file, for messages.</param>
    /// <param name="name">For messages too.</param>
    /// <param name="found">What the file has under the name; null: nothing.</param>
    /// <param name="names">What else it has, for the message.</param>
    public static Tensor Checked(string path, string name, Tensor? found, ElementType type, IReadOnlyList<long> dims, IEnumerable<string> names)
    {
        if (found is null)
        {
            throw new TrainingException($"{path} has no '{name}'; its closest names are {string.Join(", ", Glob.Closest(name, names))}. It belongs to another model, or was changed.");
        }

        return found.Type == type && found.Dims.SequenceEqual(dims)
            ? found
            : throw new TrainingException($"{path}: '{name}' is {found}, wanted {type} {Tensor.Describe([.. dims])}. It belongs to another model, or was changed.");
    }
}
