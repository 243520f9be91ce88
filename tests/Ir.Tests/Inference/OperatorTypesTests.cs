using NUnit.Framework;
using OnnxPipeline.Files;
using static OnnxPipeline.Ir.Tests.Inference.Inferred;

namespace OnnxPipeline.Ir.Tests.Inference;

/// <summary>Node by node: inputs, attributes, and the type that the first output must have.</summary>
public sealed class OperatorTypesTests
{
    private static readonly Shape Bsh = ["batch", "seq", 64];

    public static IEnumerable<TestCaseData> Cases()
    {
        static Tensor Ints(params long[] values) => Tensor.Vector<long>(values);
        static Tensor Whole(long value) => Tensor.Scalar(value);
        static TestCaseData Case(TensorType wanted, string op, object[] inputs, params (string, AttributeValue)[] attributes) =>
            new TestCaseData(wanted, op, inputs, attributes).SetArgDisplayNames(op, wanted.ToString());

        yield return Case(Float("batch", "seq", 64), "Tanh", [Bsh]);
        yield return Case(Float("batch", "seq", 64), "Add", [Bsh, S(64)]);
        yield return Case(Float("batch", 3, 5), "Mul", [S("batch", 1, 5), S(3, "n")]);
        yield return Case(new(ElementType.Bool, ["n", 4]), "Less", [S("n", 1), S(4)]);
        yield return Case(Float("n", 4), "Where", [new TensorType(ElementType.Bool, ["n", 1]), S(4), S()]);
        yield return Case(new(ElementType.Int32, ["n"]), "Cast", [S("n")], ("to", ElementType.Int32));
        yield return Case(new(ElementType.Double, ["n"]), "CastLike", [S("n"), new TensorType(ElementType.Double, null)]);
        yield return Case(Float("n"), "Pow", [S("n"), new TensorType(ElementType.Int64, [])]);

        yield return Case(Float("batch", "seq", 8), "MatMul", [Bsh, S(64, 8)]);
        yield return Case(Float("batch", 12, "seq", "seq"), "MatMul", [S("batch", 12, "seq", 64), S("batch", 12, 64, "seq")]);
        yield return Case(Float("batch", "seq"), "MatMul", [Bsh, S(64)]);
        yield return Case(Float(), "MatMul", [S(3), S(3)]);
        yield return Case(Float(5, 7), "Gemm", [S(4, 5), S(7, 4), S(7)], ("transA", 1), ("transB", 1));
        yield return Case(Float("b", "h", "i", "j"), "Einsum", [S("b", "h", "i", 4), S("b", "h", "j", 4)], ("equation", "bhid,bhjd->bhij"));
        yield return Case(Float("b", 3, 5), "Einsum", [S("b", 3, 4), S(4, 5)], ("equation", "...ij,jk->...ik"));
        yield return Case(Float(2, 3), "Einsum", [S(3, 4), S(4, 2)], ("equation", "bj,ja"));

        yield return Case(Float("batch", 1, 64), "ReduceMean", [Bsh, Ints(1)]);
        yield return Case(Float("batch"), "ReduceSum", [Bsh, Ints(1, -1)], ("keepdims", 0));
        yield return Case(Float("batch", "seq", 1), "ReduceMean", [Bsh], ("axes", new long[] { -1 }));
        yield return Case(Float(), "ReduceSum", [Bsh], ("keepdims", 0));
        yield return Case(Float("batch", "seq", 64), "ReduceSum", [Bsh], ("noop_with_empty_axes", 1));
        yield return Case(Integer("batch", "seq"), "ArgMax", [Bsh], ("axis", -1), ("keepdims", 0));
        yield return Case(Float("batch", "seq", 5), "TopK", [Bsh, Ints(5)]);

        yield return Case(Float("batch", "seq", 64), "Softmax", [Bsh]);
        yield return Case(Float(), "SoftmaxCrossEntropyLoss", [S("n", 10), new TensorType(ElementType.Int64, ["n"])]);
        yield return Case(Float("n", 5), "SoftmaxCrossEntropyLoss", [S("n", 10, 5), new TensorType(ElementType.Int64, ["n", 5])], ("reduction", "none"));

        yield return Case(Float("batch", "seq", 4, 16), "Reshape", [Bsh, Ints(0, 0, 4, -1)]);
        yield return Case(Float("batch*seq", 64), "Reshape", [Bsh, Ints(-1, 64)]);
        yield return Case(Float(0, 7), "Reshape", [S(0, 3), Ints(0, 7)], ("allowzero", 1));
        yield return Case(Float("batch", "seq*64"), "Flatten", [Bsh]);
        yield return Case(Float("batch", "seq"), "Squeeze", [S("batch", 1, "seq", 1), Ints(1, -1)]);
        yield return Case(Float(2, 3), "Squeeze", [S(2, 1, 3)]);
        yield return Case(Float(1, "batch", "seq", 1, 64), "Unsqueeze", [Bsh, Ints(0, -2)]);
        yield return Case(Float(64, "batch", "seq"), "Transpose", [Bsh], ("perm", new long[] { 2, 0, 1 }));
        yield return Case(Float(64, "seq", "batch"), "Transpose", [Bsh]);
        yield return Case(Float(3, "n", 4), "Expand", [S("n", 1), Ints(3, 1, 4)]);
        yield return Case(Float("n*2", 3), "Tile", [S("n", 3), Ints(2, 1)]);
        yield return Case(Float("m + n", 4), "Concat", [S("n", 4), S("m", "k")], ("axis", 0));
        yield return Case(Float("batch", "seq", 64), "Split", [Bsh, Ints(64)], ("axis", -1));
        yield return Case(Float("n", 2, "h*2", 8), "DepthToSpace", [S("n", 8, "h", 4)], ("blocksize", 2));

        yield return Case(Float("batch", "seq - 1", 64), "Slice", [Bsh, Ints(0), Ints(-1), Ints(1)]);
        yield return Case(Float("batch", "seq - 1", 64), "Slice", [Bsh, Ints(1), Ints(long.MaxValue), Ints(1)]);
        yield return Case(Float("batch", "seq", 32), "Slice", [Bsh, Ints(0), Ints(long.MaxValue), Ints(2), Ints(2)]);
        yield return Case(Float(5), "Slice", [S(5), Ints(-1), Ints(long.MinValue), Ints(0), Ints(-1)]);
        yield return Case(Float(0), "Slice", [S(5), Ints(4), Ints(2)]);
        yield return Case(Float("n", 2, 3, 7), "Gather", [S("n", 5, 7), new TensorType(ElementType.Int64, [2, 3])], ("axis", 1));
        yield return Case(Float("n", 7), "Gather", [S("n", 5, 7), Whole(1)], ("axis", 1));
        yield return Case(Float("m", 2), "GatherElements", [S("n", 2), new TensorType(ElementType.Int64, ["m", 2])]);
        yield return Case(Float("m", 7), "GatherND", [S("n", 5, 7), new TensorType(ElementType.Int64, ["m", 2])]);
        yield return Case(Float("n", 5), "ScatterElements", [S("n", 5), new TensorType(ElementType.Int64, [2, 2]), S(2, 2)]);
        yield return Case(Float("n + 3", 5), "Pad", [S("n", 5), Ints(1, 0, 2, 0)]);
        yield return Case(Float("n", 10), "OneHot", [new TensorType(ElementType.Int64, ["n"]), Whole(10), S(2)]);

        yield return Case(Integer(2), "Shape", [Bsh], ("start", 1));
        yield return Case(Float(2, 3), "ConstantOfShape", [Ints(2, 3)]);
        yield return Case(Integer(4), "Range", [Whole(0), Whole(7), Whole(2)]);

        yield return Case(Float("n", 8, 16, 16), "Conv", [S("n", 3, 32, 32), S(8, 3, 3, 3)], ("strides", new long[] { 2, 2 }), ("pads", new long[] { 1, 1, 1, 1 }));
        yield return Case(Float("n", 8, "floor((h - 3)/2) + 1"), "Conv", [S("n", 2, "h"), S(8, 1, 3)], ("strides", new long[] { 2 }), ("group", 2));
        yield return Case(Float(1, 4, 6, 6), "ConvTranspose", [S(1, 2, 3, 3), S(2, 4, 2, 2)], ("strides", new long[] { 2, 2 }));
        yield return Case(Float(1, 4, 3), "MaxPool", [S(1, 4, 6)], ("kernel_shape", new long[] { 3 }), ("strides", new long[] { 2 }), ("ceil_mode", 1));
        yield return Case(Float("n", 4, 1, 1), "GlobalAveragePool", [S("n", 4, 6, 6)]);
        yield return Case(Float(1, 2, 6, 9), "Resize", [S(1, 2, 3, 3), "", Tensor.Vector(1f, 1f, 2f, 3f)]);
        yield return Case(Float("n", 2, "h*2", "floor(w/2)"), "Resize", [S("n", 2, "h", "w"), "", Tensor.Vector(1f, 1f, 2f, 0.5f)]);
        yield return Case(Float("n", 7, 5), "Resize", [S("n", 10, "w"), Tensor.Vector<float>(), Tensor.Vector<float>(), Ints(7, 5)], ("axes", new long[] { 1, 2 }));
        yield return Case(Float(7), "Resize", [S(10), "", Tensor.Vector(0.7f)]); // in float32 exactly 7, in float64 less
        yield return Case(Float(1, 6, 5), "Resize", [S(1, 4, 3), "", "", Ints(6, 7)], ("axes", new long[] { 1, 2 }), ("keep_aspect_ratio_policy", "not_larger"));
        yield return Case(Float(1, 9, 7), "Resize", [S(1, 4, 3), "", "", Ints(6, 7)], ("axes", new long[] { 1, 2 }), ("keep_aspect_ratio_policy", "not_smaller"));
        yield return Case(Float("seq", 2, "batch", 7), "LSTM", [S("seq", "batch", 3), S(2, 28, 3), S(2, 28, 7)], ("direction", "bidirectional"), ("hidden_size", 7));
        yield return Case(Float("b", 4, "q", 8), "Attention", [S("b", 4, "q", 8), S("b", 2, "k", 8), S("b", 2, "k", 8)]);
    }

    [TestCaseSource(nameof(Cases))]
    public void Infer_Node_GivesType(TensorType wanted, string op, object[] inputs, (string, AttributeValue)[] attributes) =>
        Assert.That(One(op, inputs, attributes)?.ToString(), Is.EqualTo(wanted.ToString()));

    [Test]
    public void Infer_LayerNormalization_TypesItsStatistics()
    {
        var types = All("LayerNormalization", 3, [new TensorType(ElementType.Float16, ["n", 5, 6]), new TensorType(ElementType.Float16, [5, 6])], [("axis", 1)]);
        Assert.That(types.Select(t => t!.ToString()), Is.EqualTo(new[] { "Float16[n, 5, 6]", "Float[n, 1, 1]", "Float[n, 1, 1]" }));
    }

    [Test]
    public void Infer_SplitAndDropoutAndLstm_TypeEveryOutput()
    {
        Assert.That(All("Split", 3, [S("n", 7)], [("axis", 1)]).Select(t => t!.ToString()), Is.EqualTo(new[] { "Float[n, 3]", "Float[n, 3]", "Float[n, 1]" }));
        Assert.That(All("Dropout", 2, [S("n")], []).Select(t => t!.ToString()), Is.EqualTo(new[] { "Float[n]", "Bool[n]" }));
        Assert.That(All("LSTM", 3, [S("s", "b", 3), S(1, 8, 3), S(1, 8, 2)], [("hidden_size", 2)])[2]!.ToString(), Is.EqualTo("Float[1, b, 2]"));
    }

    [Test]
    public void Infer_ContribProducts_TransposeFirst()
    {
        Assert.That(All("FusedMatMul", 1, [S("b", 4, 3), S("b", 5, 4)], [("transA", 1), ("transB", 1)], "com.microsoft")[0]!.ToString(), Is.EqualTo("Float[b, 3, 5]"));
        Assert.That(All("GeluGrad", 1, [S("b", 4), S("b", 4)], [], "com.microsoft")[0]!.ToString(), Is.EqualTo("Float[b, 4]"));
    }

    [Test]
    public void Infer_UnknownDimension_IsTheSameOneFurtherOn()
    {
        var build = new GraphBuilder(new Graph(), 18);
        var x = build.Input("x", ElementType.Float, [Dim.Unknown, 3]);
        var y = build.Add(build.Relu(x), x);
        Assert.That(y.Shape!.IsSameAs(x.Shape));
        Assert.That(y.Shape![0].IsFresh);
    }

    [Test]
    public void Infer_UnknownOperator_LeavesTypesAlone()
    {
        Assert.That(One("NoSuchOperator", [S(2)]), Is.Null);
        Assert.That(One("Relu", [new TensorType(ElementType.Float, null)])!.Shape, Is.Null);
    }

    [TestCase("Add", new long[] { 2, 3 }, new long[] { 4 })]
    [TestCase("MatMul", new long[] { 2, 3 }, new long[] { 4, 5 })]
    [TestCase("Gemm", new long[] { 2, 3 }, new long[] { 4, 5 })]
    public void Infer_Contradiction_NamesTheNode(string op, long[] a, long[] b)
    {
        var error = Assert.Throws<IrException>(() => One(op, [Shape.Of(a), Shape.Of(b)]));
        Assert.That(error!.Message, Does.Contain(op).And.Contain("found").And.Contain("wanted").And.Contain("Correct"));
    }

    [Test]
    public void Infer_ElementTypesThatDiffer_IsAContradiction() =>
        Assert.That(() => One("Add", [S(2), new TensorType(ElementType.Double, [2])]), Throws.TypeOf<IrException>().With.Message.Contains("Double"));

    [Test]
    public void Infer_ReshapeToAnotherNumberOfElements_IsAContradiction() =>
        Assert.That(() => One("Reshape", [S(2, 3), Tensor.Vector(4L, 2L)]), Throws.TypeOf<IrException>().With.Message.Contains("6 elements"));
}
