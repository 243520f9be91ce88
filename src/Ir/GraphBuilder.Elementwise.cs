namespace OnnxPipeline.Ir;

public sealed partial class GraphBuilder
{
    public Value Add(Value a, Value b) => Op("Add", [a, b]);

    public Value Sub(Value a, Value b) => Op("Sub", [a, b]);

    public Value Mul(Value a, Value b) => Op("Mul", [a, b]);

    public Value Div(Value a, Value b) => Op("Div", [a, b]);

    public Value Mod(Value a, Value b, bool fmod = false) => Op("Mod", [a, b], fmod ? [("fmod", 1)] : []);

    public Value Pow(Value a, Value b) => Op("Pow", [a, b]);

    public Value Max(params ReadOnlySpan<Value> values) => Op("Max", values!);

    public Value Min(params ReadOnlySpan<Value> values) => Op("Min", values!);

    public Value Sum(params ReadOnlySpan<Value> values) => Op("Sum", values!);

    public Value Neg(Value x) => Op("Neg", [x]);

    public Value Abs(Value x) => Op("Abs", [x]);

    public Value Sign(Value x) => Op("Sign", [x]);

    public Value Exp(Value x) => Op("Exp", [x]);

    public Value Log(Value x) => Op("Log", [x]);

    public Value Sqrt(Value x) => Op("Sqrt", [x]);

    public Value Reciprocal(Value x) => Op("Reciprocal", [x]);

    public Value Erf(Value x) => Op("Erf", [x]);

    public Value Sin(Value x) => Op("Sin", [x]);

    public Value Cos(Value x) => Op("Cos", [x]);

    public Value Tanh(Value x) => Op("Tanh", [x]);

    public Value Sigmoid(Value x) => Op("Sigmoid", [x]);

    public Value Relu(Value x) => Op("Relu", [x]);

    public Value Softplus(Value x) => Op("Softplus", [x]);

    public Value Equal(Value a, Value b) => Op("Equal", [a, b]);

    public Value Less(Value a, Value b) => Op("Less", [a, b]);

    public Value LessOrEqual(Value a, Value b) => Op("LessOrEqual", [a, b]);

    public Value Greater(Value a, Value b) => Op("Greater", [a, b]);

    public Value GreaterOrEqual(Value a, Value b) => Op("GreaterOrEqual", [a, b]);

    public Value And(Value a, Value b) => Op("And", [a, b]);

    public Value Or(Value a, Value b) => Op("Or", [a, b]);

    public Value Not(Value x) => Op("Not", [x]);

    public Value Where(Value condition, Value x, Value y) => Op("Where", [condition, x, y]);

    public Value Cast(Value x, Files.ElementType to) => Op("Cast", [x], [("to", to)]);

    public Value CastLike(Value x, Value like) => Op("CastLike", [x, like]);

    public Value Identity(Value x) => Op("Identity", [x]);
}
