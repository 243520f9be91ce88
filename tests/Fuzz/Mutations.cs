using System.Buffers.Binary;
using System.Text;

namespace OnnxPipeline.Fuzz;

/// <summary>Ways to damage a model; each changes something at random.</summary>
internal static class Mutations
{
    private static readonly ulong[] Numbers =
        [0, 1, 2, 3, 5, 7, 18, 64, 255, 1 << 16, 1 << 20, int.MaxValue, 1ul << 31, 1ul << 40, 1ul << 62, long.MaxValue, 1ul << 63, ulong.MaxValue, ulong.MaxValue - 1, ulong.MaxValue - 6];

    private static readonly float[] Reals = [0, -0f, 1, -1, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.Epsilon, 1e20f];

    private static readonly string[] Places = ["../outside.bin", "/etc/passwd", "data.bin", "", ".", "a/../../b", "data.bin\0", "none.bin", "c:\\x", "data.bin/"];

    /// <summary>Of the bytes of a file.</summary>
    public static IReadOnlyList<Func<byte[], byte[], Random, byte[]>> OfBytes { get; } = [Flip, Truncate, WriteNumber, Repeat, Splice, Drop];

    /// <summary>Of the tree of a model; the second is that of another model.</summary>
    public static IReadOnlyList<Action<WireField, WireField, Random>> OfTrees { get; } =
    [
        ChangeNumber, ChangeNumber, ChangeNumber, ChangeReal, SwapTexts, SwapTexts, SwapOperators, CopyField, RemoveField, RemoveField, SpliceNodes, ReorderNodes, ChangeElements, ChangeElements, ChangeShape, ChangeKind, NestDeeply, CallYourself, MoveOut,
    ];

    private static byte[] Flip(byte[] data, byte[] other, Random random)
    {
        data = [.. data];
        for (var i = random.Next(1, 9); i > 0; i--)
        {
            data[random.Next(data.Length)] ^= (byte)(1 << random.Next(8));
        }

        return data;
    }

    private static byte[] Truncate(byte[] data, byte[] other, Random random) => data[..random.Next(data.Length)];

    /// <summary>A number where one may stand: lengths, varints, anything.</summary>
    private static byte[] WriteNumber(byte[] data, byte[] other, Random random)
    {
        data = [.. data];
        byte[][] patterns = [[0x7f], [0xff], [0], [0xff, 0xff, 0xff, 0x7f], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], [0x80, 0x80, 0x80, 0x80, 0x80, 0x80], [0, 0, 0, 0x80]];
        var pattern = patterns[random.Next(patterns.Length)];
        pattern.AsSpan(0, Math.Min(pattern.Length, data.Length)).CopyTo(data.AsSpan(random.Next(Math.Max(1, data.Length - pattern.Length))));
        return data;
    }

    private static byte[] Repeat(byte[] data, byte[] other, Random random)
    {
        var (from, to) = Range(data, random);
        return [.. data[..to], .. data[from..]];
    }

    private static byte[] Splice(byte[] data, byte[] other, Random random)
    {
        var ((from, to), at) = (Range(other, random), random.Next(data.Length));
        return [.. data[..at], .. other[from..to], .. data[at..]];
    }

    private static byte[] Drop(byte[] data, byte[] other, Random random)
    {
        var (from, to) = Range(data, random);
        return [.. data[..from], .. data[to..]];
    }

    private static (int From, int To) Range(byte[] data, Random random)
    {
        var from = random.Next(data.Length);
        return (from, Math.Min(data.Length, from + random.Next(1, 200)));
    }

    private static void ChangeNumber(WireField model, WireField other, Random random)
    {
        if (Any(model, f => f.Wire == 0, random) is { } field)
        {
            field.Value = random.Next(3) == 0 ? field.Value + (ulong)random.Next(-2, 3) : Numbers[random.Next(Numbers.Length)];
        }
    }

    private static void ChangeReal(WireField model, WireField other, Random random)
    {
        if (Any(model, f => f.Wire == 5, random) is { } field)
        {
            field.Bytes = BitConverter.GetBytes(Reals[random.Next(Reals.Length)]);
        }
    }

    /// <summary>A name, an operator, a domain in the place of another: cycles, missing values, wrong numbers of inputs.</summary>
    private static void SwapTexts(WireField model, WireField other, Random random)
    {
        var (one, two) = (Any(model, IsText, random), Any(model, IsText, random));
        if (one is not null && two is not null)
        {
            one.Bytes = random.Next(8) == 0 ? Encoding.UTF8.GetBytes("other") : two.Bytes;
        }
    }

    private static void SwapOperators(WireField model, WireField other, Random random)
    {
        if (Any(model, f => f.Kind == WireKind.Node, random)?.Fields!.Find(f => f.Number == 4) is { } one && Any(other, f => f.Kind == WireKind.Node, random)?.Fields!.Find(f => f.Number == 4) is { } two)
        {
            one.Bytes = two.Bytes;
        }
    }

    private static void CopyField(WireField model, WireField other, Random random)
    {
        var (field, holder) = AnyHeld(model, random);
        (random.Next(2) == 0 ? holder : Any(model, f => f.Kind == holder.Kind && f.Fields is not null, random)!).Fields!.Insert(0, field.Copy());
    }

    private static void RemoveField(WireField model, WireField other, Random random)
    {
        var (field, holder) = AnyHeld(model, random);
        holder.Fields!.Remove(field);
    }

    private static void SpliceNodes(WireField model, WireField other, Random random)
    {
        if (Any(model, f => f.Kind == WireKind.Graph, random) is { } graph)
        {
            graph.Fields!.InsertRange(random.Next(graph.Fields.Count + 1), other.All().Select(f => f.Field).Where(f => f.Kind == WireKind.Node && random.Next(4) == 0).Select(f => f.Copy()));
        }
    }

    private static void ReorderNodes(WireField model, WireField other, Random random)
    {
        if (Any(model, f => f.Kind == WireKind.Graph, random) is { Fields: var fields } && fields!.FindIndex(f => f.Kind == WireKind.Node) is >= 0 and var first && fields.FindLastIndex(f => f.Kind == WireKind.Node) is var last)
        {
            var (a, b) = (random.Next(first, last + 1), random.Next(first, last + 1));
            (fields[a], fields[b]) = (fields[b], fields[a]);
        }
    }

    /// <summary>Of a tensor: other numbers, too few, too many; most constants are axes and shapes.</summary>
    private static void ChangeElements(WireField model, WireField other, Random random)
    {
        if (Any(model, f => f.Kind == WireKind.Tensor, random)?.Fields!.Find(f => f.Number == 9) is not { } raw)
        {
            return;
        }

        var bytes = raw.Bytes.ToArray();
        for (var at = 0; at + 8 <= bytes.Length && at < 64; at += 8)
        {
            if (random.Next(2) == 0)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), Numbers[random.Next(Numbers.Length)]);
            }
        }

        raw.Bytes = random.Next(8) switch { 0 => bytes[..(bytes.Length / 2)], 1 => [.. bytes, .. bytes], _ => bytes };
    }

    private static void ChangeShape(WireField model, WireField other, Random random)
    {
        if (Any(model, f => f.Kind is WireKind.Shape or WireKind.Tensor, random) is not { Fields: var fields } shape)
        {
            return;
        }

        var number = Numbers[random.Next(Numbers.Length)];
        fields!.Add(shape.Kind == WireKind.Tensor ? new(1, number) : new WireField(1, WireKind.Other, new WireField(1, number)));
    }

    private static void ChangeKind(WireField model, WireField other, Random random)
    {
        if (Any(model, f => f.Kind == WireKind.Attribute, random)?.Fields!.Find(f => f.Number == 20) is { } kind)
        {
            kind.Value = (ulong)random.Next(0, 16);
        }
    }

    /// <summary>The graph inside a node of itself, up to some hundred times.</summary>
    private static void NestDeeply(WireField model, WireField other, Random random)
    {
        if (random.Next(4) != 0 || model.Fields!.Find(f => f.Kind == WireKind.Graph) is not { } graph)
        {
            return;
        }

        var innermost = new WireField(6, WireKind.Graph, graph.Fields!.Take(8).Select(f => f.Copy()));
        for (var depth = random.Next(2, 300); depth > 0; depth--)
        {
            innermost = new WireField(6, WireKind.Graph, new WireField(1, WireKind.Node, new WireField(2, "nested"), new WireField(4, "If"), new WireField(5, WireKind.Attribute, new WireField(1, "then_branch"), new WireField(20, 5), innermost)));
        }

        graph.Fields!.Add(new(1, WireKind.Node, new WireField(4, "If"), new WireField(5, WireKind.Attribute, new WireField(1, "else_branch"), new WireField(20, 5), innermost)));
    }

    /// <summary>A function that calls itself, or one of a long chain, each called twice by the one before.</summary>
    private static void CallYourself(WireField model, WireField other, Random random)
    {
        if (random.Next(2) == 0 && Any(model, f => f.Kind == WireKind.Function, random) is { } function)
        {
            var (name, domain) = (function.Fields!.Find(f => f.Number == 1), function.Fields.Find(f => f.Number == 10));
            if (Any(random.Next(2) == 0 ? function : model, f => f.Kind == WireKind.Node, random)?.Fields is { } node && name is not null && domain is not null)
            {
                node.RemoveAll(f => f.Number is 4 or 7);
                node.AddRange([new(4, name.Bytes), new(7, domain.Bytes)]);
            }

            return;
        }

        var length = random.Next(2, 60);
        for (var i = 0; i < length; i++)
        {
            WireField Call(int to, string output) => new(7, WireKind.Node, new WireField(1, "x"), new WireField(2, output), new WireField(4, to < length ? $"chain{to}" : "Neg"), new WireField(7, to < length ? "chain" : ""));
            model.Fields!.Add(new(25, WireKind.Function, new WireField(1, $"chain{i}"), new WireField(4, "x"), new WireField(5, "z"), Call(i + 1, "y"), Call(i + 1, "z"), new WireField(9, WireKind.Other, new WireField(2, 18)), new WireField(10, "chain")));
        }

        if (model.Fields!.Find(f => f.Kind == WireKind.Graph)?.Fields is { } graph && graph.Find(f => f.Kind == WireKind.Node)?.Fields!.Find(f => f.Number == 1) is { } input)
        {
            graph.Add(new(1, WireKind.Node, new WireField(1, input.Bytes), new WireField(2, "chained"), new WireField(4, "chain0"), new WireField(7, "chain")));
            graph.Add(new(12, WireKind.Value, new WireField(1, "chained")));
        }
    }

    /// <summary>The elements of a tensor in another file: outside, beyond its end, of any length.</summary>
    private static void MoveOut(WireField model, WireField other, Random random)
    {
        if (Any(model, f => f.Kind == WireKind.Tensor, random) is not { Fields: var tensor })
        {
            return;
        }

        WireField Entry(string key, string value) => new(13, WireKind.Other, new WireField(1, key), new WireField(2, value));
        var raw = tensor!.Find(f => f.Number == 9);
        tensor.RemoveAll(f => f.Number is 9 or 13);
        string Number() => random.Next(3) == 0 ? $"{(long)Numbers[random.Next(Numbers.Length)]}" : $"{raw?.Bytes.Length ?? 4}";
        tensor.AddRange([Entry("location", random.Next(2) == 0 ? "data.bin" : Places[random.Next(Places.Length)]), Entry("offset", random.Next(2) == 0 ? "0" : Number()), Entry("length", Number()), new(14, 1)]);
    }

    private static bool IsText(WireField field) => field.Wire == 2 && field.Fields is null && field.Bytes.Length is > 0 and < 60;

    private static WireField? Any(WireField model, Func<WireField, bool> wanted, Random random)
    {
        var found = model.All().Select(f => f.Field).Where(wanted).ToList();
        return found.Count == 0 ? null : found[random.Next(found.Count)];
    }

    private static (WireField Field, WireField Holder) AnyHeld(WireField model, Random random)
    {
        var found = model.All().Where(f => f.Holder is not null).ToList();
        var (field, holder) = found.Count == 0 ? (new(1, 0ul), model) : found[random.Next(found.Count)];
        return (field, holder!);
    }
}
