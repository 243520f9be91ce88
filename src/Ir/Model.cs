namespace OnnxPipeline.Ir;

/// <summary>A whole ONNX model.</summary>
public sealed class Model
{
    public Model(Graph graph) => Graph = graph;

    public long IrVersion { get; set; } = 8;

    /// <summary>Domain (empty for ONNX's own) → version, in file order.</summary>
    public OrderedDictionary<string, int> OpsetImports { get; } = [];

    public Graph Graph { get; }

    public List<Function> Functions { get; } = [];

    public string ProducerName { get; set; } = "";

    public string ProducerVersion { get; set; } = "";

    public string Domain { get; set; } = "";

    public long ModelVersion { get; set; }

    public string? DocString { get; set; }

    public OrderedDictionary<string, string> Metadata { get; } = [];

    /// <summary>What a round trip keeps without looking into it (training_info, configuration), as ModelProto fields.</summary>
    public ReadOnlyMemory<byte> ForeignFields { get; set; }

    /// <summary>The version of ONNX's own operators that the model imports; 0 if it imports none.</summary>
    public int Opset => OpsetImports.GetValueOrDefault("");
}
