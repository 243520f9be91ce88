namespace OnnxPipeline.Ir.Functions;

public sealed partial class FunctionLibrary
{
    private const string Microsoft = "com.microsoft";
    private const string Ours = "ai.onnxpipeline";

    /// <summary>
    /// The operators of this project. Domain com.microsoft: names, inputs and attributes of Microsoft's training operators, whose kernels take
    /// over in Microsoft's runtime. Domain ai.onnxpipeline: operators that only this project has.
    /// </summary>
    public static FunctionLibrary Default { get; } = Of(
    [
        // Activations
        Gradient("ReluGrad", "X", "dX = dY where X > 0, else 0", Activations.ReluGrad),
        Gradient("LeakyReluGrad", "Y", "dX = dY where Y > 0, else alpha*dY", Activations.LeakyReluGrad) with { Attributes = Defaults(("alpha", 0.01f)) },
        Gradient("SigmoidGrad", "Y", "dX = dY*Y*(1 - Y)", Activations.SigmoidGrad),
        Gradient("TanhGrad", "Y", "dX = dY*(1 - Y^2)", Activations.TanhGrad),
        Gradient("GeluGrad", "X", "dX = dY*(Phi(X) + X*phi(X)), Phi and phi of the normal distribution", Activations.GeluGrad),
        Gradient("FastGeluGrad", "X", "dX = dY*d/dX X/2*(1 + tanh(sqrt(2/pi)*(X + 0.044715*X^3)))", Activations.FastGeluGrad),
        Gradient("QuickGeluGrad", "X", "dX = dY*d/dX X*sigmoid(alpha*X)", Activations.QuickGeluGrad) with { Attributes = Defaults(("alpha", 1.702f)) },
        Gradient("BiasGeluGrad_dX", "X", "GeluGrad at X + B", Activations.BiasGeluGrad) with { Inputs = ["dY", "X", "B"] },
        Gradient("BiasFastGeluGrad_dX", "X", "FastGeluGrad at X + B", Activations.BiasFastGeluGrad) with { Inputs = ["dY", "X", "B"] },

        // Normalizations
        Gradient("SoftmaxGrad_13", "Y", "dX = (dY - sum(dY*Y))*Y, the sum over axis", Normalizations.SoftmaxGrad) with { Attributes = Defaults(("axis", -1)) },
        Gradient("LogSoftmaxGrad_13", "Y", "dX = dY - exp(Y)*sum(dY), the sum over axis", Normalizations.LogSoftmaxGrad) with { Attributes = Defaults(("axis", -1)) },
        new(Microsoft, "LayerNormalizationGrad")
        {
            Doc = "With h = (X - mean)*inv_std_dev and B = Y_grad*scale*inv_std_dev: X_grad = B - mean(B) - h*mean(B*h) over the axes from axis on, scale_grad = sum(Y_grad*h) and bias_grad = sum(Y_grad) over the others",
            Inputs = ["Y_grad", "X", "scale", "mean", "inv_std_dev"],
            Outputs = ["X_grad", "scale_grad", "bias_grad"],
            Attributes = Defaults(("axis", -1)),
            Body = Normalizations.LayerNormalizationGrad,
            Infer = Types.Of(1, 2, 2),
        },
        new(Ours, "LayerNormalizationGradAdd")
        {
            Doc = "LayerNormalizationGrad with X_grad = its X_grad + other_grad",
            Inputs = ["Y_grad", "X", "scale", "mean", "inv_std_dev", "other_grad"],
            Outputs = ["X_grad", "scale_grad", "bias_grad"],
            Attributes = Defaults(("axis", -1)),
            Body = Normalizations.LayerNormalizationGradAdd,
            Infer = Types.Of(1, 2, 2),
        },
        new(Microsoft, "SimplifiedLayerNormalizationGrad")
        {
            Doc = "With h = X*inv_std_var and B = Y_grad*scale*inv_std_var: X_grad = B - h*mean(B*h) over the axes from axis on, scale_grad = sum(Y_grad*h) over the others",
            Inputs = ["Y_grad", "X", "scale", "inv_std_var"],
            Outputs = ["X_grad", "scale_grad"],
            Attributes = Defaults(("axis", -1)),
            Body = Normalizations.SimplifiedLayerNormalizationGrad,
            Infer = Types.Of(1, 2),
        },
        new(Microsoft, "BatchNormInternal")
        {
            Doc = "BatchNormalization of ONNX in training mode, with mean and 1/sqrt(var + epsilon) of the batch; Microsoft's kernel writes the running statistics over input_mean and input_var",
            Inputs = ["X", "scale", "B", "input_mean", "input_var"],
            Outputs = ["Y", "running_mean", "running_var", "saved_mean", "saved_inv_std"],
            Attributes = Defaults(("epsilon", 1e-5f), ("momentum", 0.9f)),
            Body = Normalizations.BatchNormInternal,
            Infer = Types.Of(0, 3, 4, 3, 4),
        },
        new(Microsoft, "BatchNormalizationGrad")
        {
            Doc = "With h = (X - mean)*inv_std: X_grad = scale*inv_std*(dY - mean(dY) - h*mean(dY*h)), scale_grad = sum(dY*h) and bias_grad = sum(dY), over all axes but the channels",
            Inputs = ["dY", "X", "scale", "mean", "inv_std"],
            Outputs = ["X_grad", "scale_grad", "bias_grad"],
            Attributes = Defaults(("epsilon", 1e-5f)),
            Body = Normalizations.BatchNormalizationGrad,
            Infer = Types.Of(1, 2, 2),
        },
        new(Ours, "AddLayerNormalization")
        {
            Doc = "Sum = A + B of one shape; Y, Mean, InvStdDev = LayerNormalization of ONNX of Sum",
            Inputs = ["A", "B", "Scale", "Bias"],
            Outputs = ["Sum", "Y", "Mean", "InvStdDev"],
            Attributes = Defaults(("axis", -1), ("epsilon", 1e-5f)),
            Body = Normalizations.AddLayerNormalization,
            Infer = Types.Of(0, 0),
        },

        // Losses
        new(Microsoft, "SoftmaxCrossEntropyLossGrad")
        {
            Doc = "d_logits = (exp(log_prob) - onehot(label))*dY, classes on axis 1; 0 where label is ignore_index. reduction is sum and dY a scalar",
            Inputs = ["dY", "log_prob", "label"],
            Outputs = ["d_logits"],
            // A default that no label has: nothing is ignored.
            Attributes = Defaults(("ignore_index", long.MinValue)),
            Body = Losses.SoftmaxCrossEntropyLossGrad,
            Infer = Types.Of(1),
            Refuse = Losses.RefuseSoftmaxCrossEntropyLossGrad,
        },
        new(Ours, "SoftmaxCrossEntropyLossAndGrad")
        {
            Doc = "output = SoftmaxCrossEntropyLoss of ONNX (reduction sum or mean) of scores [N, C], d_scores = (softmax(scores) - onehot(labels))*dY, 0 where labels is ignore_index; dY a scalar, 1 in the gradient of the sum",
            Inputs = ["scores", "labels", "dY"],
            Outputs = ["output", "d_scores"],
            Attributes = Defaults(("reduction", "mean"), ("ignore_index", long.MinValue)),
            Body = Losses.SoftmaxCrossEntropyLossAndGrad,
        },

        // Dropout
        new(Microsoft, "DropoutGrad")
        {
            Doc = "dx = dy/(1 - ratio) where mask, else 0",
            Inputs = ["dy", "mask", "ratio", "training_mode"],
            Outputs = ["dx"],
            Body = Dropouts.DropoutGrad,
            Infer = Types.Of(0),
            Refuse = node => node.Input(2) is null ? "input ratio is left out" : null,
        },
        new(Ours, "Dropout")
        {
            Doc = "mask = r >= T, y = x/(1 - ratio) where mask, else 0. T = ratio*2147483647 truncated, r in [0, 2147483647) a function of seed, step (int64 scalars) and the element's row-major position",
            Inputs = ["x", "ratio", "seed", "step"],
            Outputs = ["y", "mask"],
            Body = Dropouts.Dropout,
            Infer = node =>
            {
                Types.Of(0)(node);
                if (node.Output(1) is { } mask)
                {
                    mask.Type = new TensorType(Files.ElementType.Bool, node.Inputs[0]?.Shape);
                }
            },
        },

        // Movement
        new(Microsoft, "GatherGrad")
        {
            Doc = "dX = zeros of that shape, to which dY is added where Gather(X, indices) took it from",
            Inputs = ["shape", "indices", "dY"],
            Outputs = ["dX"],
            Attributes = Defaults(("axis", 0)),
            Body = Movement.GatherGrad,
            Infer = Types.OfShape(0, 2),
        },
        new(Ours, "GatherGradAdd")
        {
            Doc = "output = sum, to which dY is added where Gather(X, indices) took it from, X being of the shape of sum",
            Inputs = ["sum", "indices", "dY"],
            Outputs = ["output"],
            Attributes = Defaults(("axis", 0)),
            Body = Movement.GatherGradAdd,
            Infer = Types.Of(0),
        },
        new(Microsoft, "GatherElementsGrad")
        {
            Doc = "dX = zeros of that shape, to which dY is added where GatherElements(X, indices) took it from",
            Inputs = ["dY", "shape", "indices"],
            Outputs = ["dX"],
            Attributes = Defaults(("axis", 0)),
            Body = Movement.GatherElementsGrad,
            Infer = Types.OfShape(1, 0),
        },
        GatherNDGrad(Microsoft),
        GatherNDGrad(Ours), // Microsoft's kernel ends in an error in its WebAssembly build
        new(Microsoft, "SliceGrad")
        {
            Doc = "dX = zeros of that shape with dY where Slice(X, starts, ends, axes, steps) took it from",
            Inputs = ["dY", "shape", "starts", "ends", "axes", "steps"],
            Outputs = ["dX"],
            Body = Movement.SliceGrad,
            Infer = Types.OfShape(1, 0),
        },

        // Training
        new(Microsoft, "Scale")
        {
            Doc = "output = input*scale, or input*(1/scale) with scale_down = 1",
            Inputs = ["input", "scale"],
            Outputs = ["output"],
            Attributes = Defaults(("scale_down", 0)),
            Body = Training.Scale,
            Infer = Types.Of(0),
        },
        new(Microsoft, "InPlaceAccumulatorV2")
        {
            Doc = "Adds value to accumulation_buffer, or overwrites it where overwrite_flag is true, in place",
            Inputs = ["accumulation_buffer", "value", "overwrite_flag"],
            Outputs = ["updated_flag", "accumulation_buffer_out"],
            Body = null,
            Infer = node =>
            {
                node.Outputs[0].Type = new TensorType(Files.ElementType.Bool, [1]);
                if (node.Output(1) is { } buffer)
                {
                    buffer.Type = node.Inputs[0]?.Type;
                }
            },
        },
    ]);

    private static FunctionLibrary Of(IEnumerable<FusedOperator> operators) => new(operators.ToDictionary(o => (o.Domain, o.Name)));

    private static Dictionary<string, AttributeValue?> Defaults(params ReadOnlySpan<(string Name, AttributeValue? Value)> attributes)
    {
        Dictionary<string, AttributeValue?> result = [];
        foreach (var (name, value) in attributes)
        {
            result.Add(name, value);
        }

        return result;
    }

    private static FusedOperator GatherNDGrad(string domain) => new(domain, "GatherNDGrad")
    {
        Doc = "output = zeros of that shape, to which update is added where GatherND(X, indices) took it from",
        Inputs = ["shape", "indices", "update"],
        Outputs = ["output"],
        Attributes = Defaults(("batch_dims", 0)),
        Body = Movement.GatherNDGrad,
        Infer = Types.OfShape(0, 2),
    };

    /// <summary>An operator (dY, second) → dX of the second's type.</summary>
    private static FusedOperator Gradient(string name, string second, string doc, Func<GraphBuilder, IReadOnlyList<Value>, IReadOnlyList<Value>> body) => new(Microsoft, name)
    {
        Doc = doc,
        Inputs = ["dY", second],
        Outputs = ["dX"],
        Body = body,
        Infer = Types.Of(1),
    };
}
