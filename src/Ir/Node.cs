using OnnxPipeline.Files;

namespace OnnxPipeline.Ir;

/// <summary>One operation: inputs (null where an optional one is left out), attributes, outputs.</summary>
public sealed class Node
{
    private readonly List<Value?> _inputs;
    private readonly List<Value> _outputs;

    /// <param name="domain">Empty for ONNX's own operators (<c>ai.onnx</c> is the same domain and becomes empty).</param>
    /// <param name="outputs">Fresh values without a producer; an output that is left out is a value that nobody uses, its name empty.</param>
    public Node(string domain, string opType, IEnumerable<Value?> inputs, IEnumerable<Value> outputs, string name = "")
    {
        Domain = domain == "ai.onnx" ? "" : domain;
        OpType = opType;
        Name = name;
        _inputs = [.. inputs];
        _outputs = [.. outputs];
        for (var i = 0; i < _inputs.Count; i++)
        {
            _inputs[i]?.AddUse(this, i);
        }

        for (var i = 0; i < _outputs.Count; i++)
        {
            Own(_outputs[i], i);
        }
    }

    public string Domain { get; set; }

    public string OpType { get; set; }

    public string Name { get; set; }

    /// <summary>Which overload of a local function is called (IR version 10); empty for most.</summary>
    public string Overload { get; set; } = "";

    public string? DocString { get; set; }

    /// <summary>What a round trip keeps without looking into it (metadata, device configurations), as NodeProto fields.</summary>
    public ReadOnlyMemory<byte> ForeignFields { get; set; }

    public IReadOnlyList<Value?> Inputs => _inputs;

    public IReadOnlyList<Value> Outputs => _outputs;

    /// <summary>In the order of the file.</summary>
    public OrderedDictionary<string, AttributeValue> Attributes { get; } = [];

    /// <summary>The graph (or function body, or subgraph) whose node list holds this node; null while detached.</summary>
    public Graph? Owner { get; internal set; }

    internal Node? Previous { get; set; }

    internal Node? Next { get; set; }

    /// <summary>The subgraphs among the attributes.</summary>
    public IEnumerable<Graph> Subgraphs => Attributes.Values.OfType<GraphAttribute>().Select(a => a.Value);

    /// <summary>The input at <paramref name="index"/>, null where it is left out or there is none of that number.</summary>
    public Value? Input(int index) => index >= 0 && index < _inputs.Count ? _inputs[index] : null;

    /// <summary>The output at <paramref name="index"/>, null beyond the end.</summary>
    public Value? Output(int index) => index < _outputs.Count ? _outputs[index] : null;

    public void SetInput(int index, Value? value)
    {
        while (_inputs.Count <= index)
        {
            _inputs.Add(null);
        }

        _inputs[index]?.RemoveUse(this, index);
        _inputs[index] = value;
        value?.AddUse(this, index);
    }

    /// <summary>Appends an output.</summary>
    public Value AddOutput(Value value)
    {
        _outputs.Add(value);
        Own(value, _outputs.Count - 1);
        return value;
    }

    /// <summary>Drops outputs from the end; they must have no uses.</summary>
    public void TrimOutputs(int count)
    {
        for (var i = _outputs.Count - 1; i >= count; i--)
        {
            _outputs[i].Producer = null;
            _outputs.RemoveAt(i);
        }
    }

    /// <summary>Takes this node's inputs away, so that its values no longer list it as a use.</summary>
    public void DetachInputs()
    {
        for (var i = 0; i < _inputs.Count; i++)
        {
            _inputs[i]?.RemoveUse(this, i);
        }

        _inputs.Clear();
    }

    /// <summary>An integer attribute, or <paramref name="fallback"/> where it is absent.</summary>
    public long Int(string name, long fallback) => Get<IntAttribute>(name)?.Value ?? fallback;

    /// <inheritdoc cref="Int"/>
    public float Float(string name, float fallback) => Get<FloatAttribute>(name)?.Value ?? fallback;

    /// <inheritdoc cref="Int"/>
    public string Text(string name, string fallback) => Get<StringAttribute>(name)?.Text ?? fallback;

    /// <summary>A list of integers, null where it is absent.</summary>
    public IReadOnlyList<long>? Ints(string name) => Get<IntsAttribute>(name)?.Values;

    /// <summary>How messages name this node: its name if it has one, and its operator and first output.</summary>
    public string Describe() =>
        $"node {(Name.Length > 0 ? $"'{Name}' " : "")}({(Domain.Length > 0 ? Domain + "::" : "")}{OpType}{(_outputs.Count > 0 && _outputs[0].Name.Length > 0 ? $" -> {_outputs[0].Name}" : "")})";

    public override string ToString() => Describe();

    internal Tensor? ConstantOutput()
    {
        if (OpType != "Constant" || Domain.Length > 0)
        {
            return null;
        }

        foreach (var (name, attribute) in Attributes)
        {
            switch (name, attribute)
            {
                case ("value", TensorAttribute tensor):
                    return tensor.Value;
                case ("value_int", IntAttribute scalar):
                    return Tensor.Scalar(scalar.Value);
                case ("value_ints", IntsAttribute list):
                    return Tensor.Vector<long>(list.Values.ToArray());
                case ("value_float", FloatAttribute scalar):
                    return Tensor.Scalar(scalar.Value);
                case ("value_floats", FloatsAttribute list):
                    return Tensor.Vector<float>(list.Values.ToArray());
            }
        }

        return null;
    }

    private T? Get<T>(string name) where T : AttributeValue =>
        !Attributes.TryGetValue(name, out var attribute)
            ? null
            : attribute as T ?? throw new IrException($"{Describe()}: attribute {name} is a {attribute.GetType().Name}, wanted a {typeof(T).Name}.");

    private void Own(Value value, int index)
    {
        if (value.Producer is not null)
        {
            throw new InvalidOperationException($"{Describe()}: output {index} ({value}) already has a producer, {value.Producer.Describe()}.");
        }

        value.Producer = this;
        value.OutputIndex = index;
    }
}
