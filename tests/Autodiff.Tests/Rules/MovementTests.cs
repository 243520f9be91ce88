using NUnit.Framework;
using OnnxPipeline.Files;
using OnnxPipeline.Reference;
using static OnnxPipeline.Autodiff.Tests.Given;

namespace OnnxPipeline.Autodiff.Tests.Rules;

public sealed class MovementTests
{
    internal static IEnumerable<GradientCase> Cases() => [.. Layouts(), .. Repeats(), .. Joins(), .. Slices(), .. Gathers(), .. Blocks()];

    [Test]
    public void Rule_EveryCase_EqualsDifferences([ValueSource(nameof(Cases))] object given) => GradientCheck.RunAll((GradientCase)given);

    private static IEnumerable<GradientCase> Layouts()
    {
        foreach (var dims in ArithmeticTests.Ranks)
        {
            yield return new("Identity", X(dims));
            yield return new GradientCase("Cast", X(dims)).With(("to", ElementType.Double));
            yield return new("CastLike", X(dims), Frozen(1.0));
        }

        foreach (var (dims, target) in new (int[], long[])[]
        {
            ([2, 3], [3, 2]), ([2, 3], [-1]), ([2, 3], [0, -1]), ([2, 3], [0, 0]), ([2, 3, 2], [0, -1]), ([2, 3, 2], [-1, 2]), ([2, 4], [0, 2, 2]), ([6], [2, 3]), ([], [1]), ([1], []), ([1, 1], []), ([2, 3, 4], [0, 0, 2, -1]),
        })
        {
            yield return new("Reshape", X(dims), Fixed(target));
            yield return new("Reshape", X(dims), Fed(target));
        }

        yield return new GradientCase("Reshape", X(2, 3), Fixed(3, 2)).With(("allowzero", 1));
        foreach (var (dims, axis) in new (int[], int)[] { ([3], 0), ([3], 1), ([2, 3], 0), ([2, 3], 1), ([2, 3], 2), ([2, 3, 2], 1), ([2, 3, 2], -1), ([2, 3, 2, 2], 2) })
        {
            yield return new GradientCase("Flatten", X(dims)).With(("axis", axis));
        }

        yield return new("Flatten", X(2, 3, 2));
        foreach (var (dims, axes) in new (int[], long[])[] { ([1], [0]), ([1, 3], [0]), ([2, 1, 3], [1]), ([1, 2, 1], [0, -1]), ([2, 1], [-1]) })
        {
            yield return new("Squeeze", X(dims), Fixed(axes));
            yield return new("Squeeze", X(dims), Fed(axes));
            yield return new("Squeeze", X(dims));
        }

        foreach (var (dims, axes) in new (int[], long[])[] { ([], [0]), ([3], [0]), ([3], [-1]), ([2, 3], [1]), ([2, 3], [0, -1]), ([2, 3], [3, 0]) })
        {
            yield return new("Unsqueeze", X(dims), Fixed(axes));
            yield return new("Unsqueeze", X(dims), Fed(axes));
        }

        foreach (var (dims, perm) in new (int[], long[])[] { ([3], [0]), ([2, 3], [1, 0]), ([2, 3], [0, 1]), ([2, 3, 4], [2, 0, 1]), ([2, 3, 4], [1, 2, 0]), ([2, 1, 3, 2], [0, 2, 1, 3]) })
        {
            yield return new GradientCase("Transpose", X(dims)).With(("perm", perm));
            yield return new("Transpose", X(dims));
        }

        foreach (var (dims, target) in new (int[], long[])[] { ([], [2, 3]), ([3], [2, 3]), ([2, 1], [2, 3]), ([2, 1], [1, 3]), ([1], [1]), ([2, 3], [2, 3]), ([2, 3], [1]), ([1, 3], [2, 2, 3]), ([2, 1, 2], [3, 2, 1, 1]) })
        {
            yield return new("Expand", X(dims), Fixed(target));
            yield return new("Expand", X(dims), Fed(target));
        }
    }

    private static IEnumerable<GradientCase> Repeats()
    {
        foreach (var (dims, repeats) in new (int[], long[])[] { ([], []), ([3], [2]), ([3], [1]), ([2, 3], [1, 2]), ([2, 3], [3, 1]), ([2, 3], [2, 2]), ([2, 1, 2], [1, 3, 2]) })
        {
            yield return new("Tile", X(dims), Fixed(repeats));
            yield return new("Tile", X(dims), Fed(repeats));
        }

        foreach (var dims in new int[][] { [4, 2], [4, 2, 3], [4, 2, 2, 2] })
        {
            yield return new("ReverseSequence", X(dims), Fed(3, 4));
            yield return new GradientCase("ReverseSequence", X([dims[1], dims[0], .. dims[2..]]), Fed(1, 3)).With(("batch_axis", 0), ("time_axis", 1));
        }

        foreach (var dims in new int[][] { [2, 2], [3, 2], [2, 3], [2, 2, 3] })
        {
            yield return new("Trilu", X(dims));
            foreach (var upper in new[] { 0, 1 })
            {
                yield return new GradientCase("Trilu", X(dims)).With(("upper", upper));
                foreach (var k in new long[] { -1, 0, 1, 5, -5 })
                {
                    yield return new GradientCase("Trilu", X(dims), FixedScalar(k)).With(("upper", upper));
                    yield return new GradientCase("Trilu", X(dims), Fed(Array64.Scalar(k))).With(("upper", upper));
                }
            }
        }
    }

    private static IEnumerable<GradientCase> Joins()
    {
        foreach (var (a, b, axis) in new (int[], int[], int)[] { ([2], [3], 0), ([2, 3], [1, 3], 0), ([2, 3], [2, 1], 1), ([2, 3], [2, 2], -1), ([2, 1, 3], [2, 2, 3], 1), ([2, 1, 3], [2, 2, 3], -2) })
        {
            yield return new GradientCase("Concat", X(a), X2(b)).With(("axis", axis));
            yield return new GradientCase("Concat", X(a), Frozen(b)).With(("axis", axis));
            yield return new GradientCase("Concat", Frozen(a), X(b), Positive(a)).With(("axis", axis));
        }

        yield return new GradientCase("Concat", X(2, 3)).With(("axis", 1));
        foreach (var (dims, sizes, axis) in new (int[], long[], int)[] { ([5], [2, 3], 0), ([4, 3], [1, 3], 0), ([2, 5], [2, 3], 1), ([2, 5], [2, 1, 2], -1), ([2, 4, 2], [1, 3], 1), ([2, 3], [3], 1) })
        {
            for (var used = 1; used < 1 << sizes.Length; used++)
            {
                int[] outputs = [.. Enumerable.Range(0, sizes.Length).Where(i => (used & (1 << i)) != 0)];
                yield return new GradientCase("Split", X(dims), Fixed(sizes)) { Outputs = sizes.Length, Used = outputs }.With(("axis", axis));
                yield return new GradientCase("Split", X(dims), Fed(sizes)) { Outputs = sizes.Length, Used = outputs }.With(("axis", axis));
            }
        }

        yield return new GradientCase("Split", X(2, 4)) { Outputs = 2, Used = [0, 1] }.With(("axis", 1), ("num_outputs", 2));
        yield return new GradientCase("Split", X(2, 5)) { Outputs = 3, Used = [2] }.With(("axis", 1), ("num_outputs", 3));
        yield return new("Split", X(4), Fixed(1, 3)) { Outputs = 2, Used = [1] };
    }

    private static IEnumerable<GradientCase> Slices()
    {
        (int[] Dims, long[] Starts, long[] Ends, long[]? Axes, long[]? Steps)[] slices =
        [
            ([5], [1], [3], null, null), ([5], [0], [long.MaxValue], [0], null), ([5], [-2], [long.MaxValue], [0], [1]), ([5], [1], [-1], [-1], null),
            ([5], [0], [5], [0], [2]), ([5], [-1], [long.MinValue], [0], [-1]), ([5], [4], [0], [0], [-2]), ([5], [0], [2], [0], [1]), ([5], [3], [3], [0], null),
            ([2, 5], [1], [4], [1], null), ([3, 5], [1, 0], [3, 2], [0, 1], [1, 1]), ([3, 5], [0, 4], [3, 0], [0, 1], [2, -3]), ([3, 5], [1, 1], [2, 4], null, null),
            ([2, 3, 4], [-3], [-1], [-1], [1]), ([2, 3, 4], [2, 0], [0, 2], [1, 2], [-1, 1]), ([2, 3], [0], [100], [1], null),
        ];
        foreach (var (dims, starts, ends, axes, steps) in slices)
        {
            yield return new("Slice", X(dims), Fixed(starts), Fixed(ends), axes is null ? null : Fixed(axes), steps is null ? null : Fixed(steps));
            yield return new("Slice", X(dims), Fed(starts), Fed(ends), axes is null ? null : Fed(axes), steps is null ? null : Fed(steps));
            yield return new("Slice", X(dims), Fed(starts), Fixed(ends), axes is null ? null : Fixed(axes), steps is null ? null : Fixed(steps));
        }
    }

    private static IEnumerable<GradientCase> Gathers()
    {
        (int[] Dims, Array64 Indices, int Axis)[] gathers =
        [
            ([5], Array64.Scalar(2L), 0), ([5], Array64.Vector(0, 4, 4, -1), 0), ([4, 3], Array64.Vector(2, 0, 2), 0), ([4, 3], new(new long[] { 0, 1, 3, 3, -4, 2 }, 2, 3), 0),
            ([2, 4], Array64.Vector(3, 3, 0), 1), ([2, 4], Array64.Scalar(-1L), -1), ([2, 3, 2], new(new long[] { 2, 0, 2, 2 }, 2, 2), 1), ([2, 3, 2], Array64.Vector(1), -2),
        ];
        foreach (var (dims, indices, axis) in gathers)
        {
            yield return new GradientCase("Gather", X(dims), Fed(indices)).With(("axis", axis));
            yield return new GradientCase("Gather", X(dims), new Given(indices, false, true)).With(("axis", axis));
        }

        yield return new("Gather", X(3, 2), Fed(1, 1));
    }

    private static IEnumerable<GradientCase> Blocks()
    {
        foreach (var (block, height, width) in new (int, int, int)[] { (1, 2, 3), (2, 1, 2), (2, 2, 1), (3, 1, 1) })
        {
            foreach (var own in new[] { 1, 2 })
            {
                yield return new GradientCase("DepthToSpace", X(2, own * block * block, height, width)).With(("blocksize", block));
                yield return new GradientCase("SpaceToDepth", X(2, own, height * block, width * block)).With(("blocksize", block));
                foreach (var mode in new[] { "DCR", "CRD" })
                {
                    yield return new GradientCase("DepthToSpace", X(1, own * block * block, height, width)).With(("blocksize", block), ("mode", mode));
                }
            }
        }
    }
}
