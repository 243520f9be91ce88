using NUnit.Framework;
using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Tests.Inference;

public sealed class ShapeInferenceTests
{
    [Test]
    public void Infer_ReshapeByMeasuredSizes_FollowsThem()
    {
        var (build, x) = Start("batch", "seq", 64);
        Value Size(long axis) => build.Unsqueeze(build.Gather(build.Shape(x), build.Constant(Tensor.Scalar(axis))), 0);
        var heads = build.Reshape(x, build.Concat(0, Size(0), Size(1), build.Constant(4), build.Constant(-1)));
        Assert.That(heads.Shape!.ToString(), Is.EqualTo("[batch, seq, 4, 16]"));
        var back = build.Reshape(build.Transpose(heads, 0, 2, 1, 3), build.Concat(0, build.Mul(Size(0), build.Constant(4)), build.Constant(-1), build.Constant(16)));
        Assert.That(back.Shape!.ToString(), Is.EqualTo("[batch*4, seq, 16]"));
    }

    [Test]
    public void Infer_MaskCutToTheLengthOfTheKeys_BroadcastsAsTheScores()
    {
        var (build, q) = Start("batch", 4, "seq", 16);
        var past = build.Input("past", ElementType.Float, ["batch", 4, "past", 16]);
        var keys = build.Concat(2, past, q); // [batch, 4, past + seq, 16]
        var (queryLength, keyLength) = (build.Shape(q, 2, 3), build.Shape(keys, 2, 3));
        var table = build.Input("table", ElementType.Float, [1, 1, 1024, 1024]);
        var rows = build.Slice(table, build.Sub(keyLength, queryLength), keyLength, build.Constant(2));
        var mask = build.Slice(rows, build.Constant(0), keyLength, build.Constant(3));
        var scores = build.MatMul(q, build.Transpose(keys, 0, 1, 3, 2));
        Assert.That(build.Add(scores, mask).Shape!.ToString(), Is.EqualTo("[batch, 4, seq, past + seq]"));
    }

    [Test]
    public void Infer_ExpandThroughEqualAndWhere_AsPyTorchWritesIt_IsFollowed()
    {
        var (build, x) = Start("batch", "seq");
        var wanted = build.Concat(0, build.Shape(x, 0, 1), build.Constant(1), build.Constant(-1), build.Shape(x, 1, 2));
        var ones = build.ConstantOfShape(build.Shape(wanted), Tensor.Vector(1L));
        var shape = build.Where(build.Equal(wanted, build.Mul(ones, build.Constant(-1))), ones, wanted);
        var y = build.Expand(build.Unsqueeze(x, 1, 2), shape);
        Assert.That(y.Shape!.ToString(), Is.EqualTo("[batch, 1, 1, seq]"));
    }

    [Test]
    public void Infer_RangeUpToAMeasuredSize_HasIt()
    {
        var (build, x) = Start("batch", "seq");
        var length = build.Squeeze(build.Shape(x, 1, 2), 0);
        var positions = build.Range(build.Constant(Tensor.Scalar(0L)), length, build.Constant(Tensor.Scalar(1L)));
        Assert.That(positions.Type!.ToString(), Is.EqualTo("Int64[seq]"));
    }

    [TestCase(false, 4)]
    [TestCase(true, 2)]
    public void Infer_RemainderOfANegativeNumber_FollowsFmod(bool fmod, long size)
    {
        var build = new GraphBuilder(new Graph(), 18);
        var rest = build.Mod(build.Constant(-3), build.Constant(2), fmod); // 1 or −1
        Assert.That(build.ConstantOfShape(build.Add(rest, build.Constant(3)), Tensor.Vector(0f)).Shape![0].Value, Is.EqualTo(size));
    }

    [Test]
    public void InferModel_WhatTheFileSays_FillsWhatInferenceDoesNotKnow()
    {
        var (build, x) = Start("batch", 3);
        var foreign = build.Op("Foreign", [x], domain: "elsewhere");
        foreign.Type = new TensorType(ElementType.Float, ["batch", 8]);
        var y = build.MatMul(foreign, build.Initializer("w", Tensor.From<float>(new float[16], 8, 2)));
        y.Type = null;
        build.Output(y, "y");
        ShapeInference.Infer(new Model(build.Graph) { OpsetImports = { [""] = 18 } });
        Assert.That(y.Type!.ToString(), Is.EqualTo("Float[batch, 2]"));
    }

    [Test]
    public void InferModel_StaleNumberOfAnOutput_GivesWayToTheName()
    {
        var (build, x) = Start("batch", 3);
        var y = build.Relu(x);
        y.Type = new TensorType(ElementType.Float, [1, 3]);
        ShapeInference.Infer(new Model(build.Graph) { OpsetImports = { [""] = 18 } });
        Assert.That(y.Shape!.ToString(), Is.EqualTo("[batch, 3]"));
    }

    [Test]
    public void InferModel_Branches_AgreeOnWhatTheyShare()
    {
        var (build, x) = Start("batch", 3);
        Graph Branch(string op)
        {
            var graph = new Graph(op);
            graph.Outputs.Add(new GraphBuilder(graph, 18).Op(op, [x]));
            graph.Outputs[0].Type = null;
            return graph;
        }

        var condition = build.Input("c", ElementType.Bool, []);
        var y = build.Op("If", [condition], [("then_branch", new GraphAttribute(Branch("Relu"))), ("else_branch", new GraphAttribute(Branch("Tanh")))]);
        ShapeInference.Infer(new Model(build.Graph) { OpsetImports = { [""] = 18 } });
        Assert.That(y.Type!.ToString(), Is.EqualTo("Float[batch, 3]"));
    }

    [Test]
    public void InferModel_DeepGraph_DoesWorkLinearInItsDepth()
    {
        static Model Deep(int layers)
        {
            var (build, x) = Start("batch", "seq", 64);
            for (var i = 0; i < layers; i++)
            {
                var shape = build.Shape(x);
                x = build.Reshape(build.Add(build.Relu(x), x), build.Concat(0, build.Gather(shape, build.Constant(0)), build.Gather(shape, build.Constant(1)), build.Constant(-1)));
            }

            build.Output(x, "y");
            return new(build.Graph) { OpsetImports = { [""] = 18 } };
        }

        // Memory is counted where time would depend on what else the machine does; work that is repeated for every layer allocates too.
        static long Allocated(Model model)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            ShapeInference.Infer(model);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        var (small, large) = (Deep(1000), Deep(8000));
        Assert.That(large.Graph.Outputs[0].Shape!.ToString(), Is.EqualTo("[batch, seq, 64]"));
        Allocated(small); // what is made once a process
        Assert.That(Allocated(large), Is.LessThan(Allocated(small) * 9));
    }

    private static (GraphBuilder Build, Value X) Start(params Dim[] dims)
    {
        var build = new GraphBuilder(new Graph(), 18);
        return (build, build.Input("x", ElementType.Float, Shape.Of(dims)));
    }
}
