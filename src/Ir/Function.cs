namespace OnnxPipeline.Ir;

/// <summary>A model-local function: an operator defined by other operators.</summary>
public sealed class Function
{
    public Function(string domain, string name)
    {
        Domain = domain;
        Name = name;
        Body = new(name);
    }

    public string Domain { get; }

    public string Name { get; }

    public string Overload { get; init; } = "";

    public string? DocString { get; set; }

    /// <summary>Inputs, nodes and outputs; a body has no initializers and its values usually no types.</summary>
    public Graph Body { get; }

    /// <summary>Names of attributes that a call must give.</summary>
    public List<string> RequiredAttributes { get; } = [];

    /// <summary>Attributes with their defaults.</summary>
    public OrderedDictionary<string, AttributeValue> DefaultAttributes { get; } = [];

    public OrderedDictionary<string, int> OpsetImports { get; } = [];

    /// <summary>What a round trip keeps without looking into it (value_info, metadata), as FunctionProto fields.</summary>
    public ReadOnlyMemory<byte> ForeignFields { get; set; }
}
