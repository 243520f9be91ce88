using OnnxPipeline.Files;

namespace OnnxPipeline.Ir.Functions;

/// <summary>What function bodies say often: numbers of an input's type, and attributes of the calling node.</summary>
internal static class BodyBuilder
{
    private const int FloatKind = 1;
    private const int IntKind = 2;
    private const int StringKind = 3;

    /// <summary>A scalar of the element type that <paramref name="like"/> turns out to have.</summary>
    public static Value NumberLike(this GraphBuilder b, Value like, double value) =>
        b.CastLike((float)value == value ? b.Constant((float)value) : b.Constant(Tensor.Scalar(value)), like);

    /// <summary>The calling node's integer attribute for an attribute of a node in the body.</summary>
    public static AttributeValue IntReference(string name) => new ReferenceAttribute(name, IntKind);

    /// <summary>The calling node's float attribute for an attribute of a node in the body.</summary>
    public static AttributeValue FloatReference(string name) => new ReferenceAttribute(name, FloatKind);

    /// <summary>The calling node's text attribute for an attribute of a node in the body.</summary>
    public static AttributeValue TextReference(string name) => new ReferenceAttribute(name, StringKind);

    /// <summary>The calling node's integer attribute as an int64 scalar.</summary>
    public static Value IntAttribute(this GraphBuilder b, string name) => b.Op("Constant", [], [("value_int", IntReference(name))]);

    /// <summary>The calling node's integer attribute as an int64 vector of one element.</summary>
    public static Value IntVectorAttribute(this GraphBuilder b, string name) => b.Unsqueeze(b.IntAttribute(name), 0);

    /// <summary>The calling node's float attribute as a scalar of the type of <paramref name="like"/>.</summary>
    public static Value FloatAttribute(this GraphBuilder b, string name, Value like) =>
        b.CastLike(b.Op("Constant", [], [("value_float", FloatReference(name))]), like);
}
