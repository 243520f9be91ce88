using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Tests.Serialization;

/// <summary>Models for the tests of reading and writing.</summary>
internal static class Samples
{
    /// <summary>Everything at once, small: attributes of every kind, a subgraph that captures, a function, types, texts, metadata.</summary>
    public static Model Rich()
    {
        var build = new GraphBuilder(new Graph("main") { DocString = "a graph" }, 18);
        var x = build.Input("x", ElementType.Float, ["batch", 4]);
        var flag = build.Input("flag", ElementType.Bool, []);
        x.DocString = "an input";
        var w = build.Initializer("w", Tensor.From<float>(Enumerable.Range(0, 2000).Select(i => (float)i).ToArray(), 4, 500));
        var axes = build.Initializer("axes", Tensor.Vector<long>(1));
        var product = build.MatMul(x, w);
        var chosen = build.Op("If", [flag], [("then_branch", Branch(b => b.Neg(product))), ("else_branch", Branch(b => b.Add(product, b.Initializer("bias", Tensor.Scalar(2f)))))]);
        var sum = build.Op("ReduceSum", [chosen, axes], [("keepdims", 0)]);
        var called = build.Op("Twice", [sum], [("scale", 2f)], "local");
        build.Graph.Nodes.Add(new Node("local", "Everything", [called, null, called], [new Value("y"), new Value(""), new Value("z")], "every kind")
        {
            DocString = "a node",
            Attributes =
            {
                ["f"] = 1.5f,
                ["i"] = -3,
                ["s"] = "text",
                ["fs"] = new float[] { 1, 2 },
                ["is"] = new long[] { -1, 1L << 40 },
                ["ss"] = new StringsAttribute([new byte[] { 0xff, 0 }, Array.Empty<byte>()]),
                ["t"] = new Tensor([new byte[] { 65 }, new byte[] { 66 }], [2]),
            },
        });
        var outputs = build.Graph.Nodes.Last!.Outputs;
        build.Output(outputs[0]);
        build.Output(outputs[2]);
        var model = new Model(build.Graph) { IrVersion = 9, ProducerName = "tests", ProducerVersion = "1", Domain = "d", ModelVersion = 7, DocString = "a model" };
        model.OpsetImports.Add("", 18);
        model.OpsetImports.Add("local", 1);
        model.Metadata.Add("key", "value");
        model.Functions.Add(Twice());
        return model;
    }

    public static Graph Subgraph(Func<GraphBuilder, Value> make)
    {
        var inner = new GraphBuilder(new Graph("branch"), 18);
        inner.Output(make(inner));
        return inner.Graph;
    }

    private static GraphAttribute Branch(Func<GraphBuilder, Value> make) => new(Subgraph(make));

    private static Function Twice()
    {
        var function = new Function("local", "Twice") { DocString = "a function" };
        var x = new Value("x");
        function.Body.Inputs.Add(x);
        var factor = new Node("", "Constant", [], [new Value("factor")]) { Attributes = { ["value_float"] = new ReferenceAttribute("scale", 1) } };
        var product = new Node("", "Mul", [x, factor.Outputs[0]], [new Value("product")]);
        function.Body.Nodes.Add(factor);
        function.Body.Nodes.Add(product);
        function.Body.Outputs.Add(product.Outputs[0]);
        function.DefaultAttributes.Add("scale", 2f);
        function.OpsetImports.Add("", 18);
        return function;
    }
}
