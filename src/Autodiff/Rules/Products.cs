using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff.Rules;

/// <summary>Matrix products. Batch axes that were broadcast are summed by the walker.</summary>
internal static class Products
{
    // Y = A·B: dA = dY·Bᵀ, dB = Aᵀ·dY
    public static IReadOnlyList<Value?> MatMul(GradientContext c) => Product(c, transA: false, transB: false, alpha: 1);

    public static IReadOnlyList<Value?> FusedMatMul(GradientContext c)
    {
        if (c.Node.Int("transBatchA", 0) != 0 || c.Node.Int("transBatchB", 0) != 0)
        {
            throw new AutodiffException($"{c.Node.Describe()}: no gradient with transBatchA or transBatchB; write a Transpose and a MatMul instead.");
        }

        return Product(c, c.Node.Int("transA", 0) != 0, c.Node.Int("transB", 0) != 0, c.Node.Float("alpha", 1));
    }

    // Y = α·A'·B' + β·C
    public static IReadOnlyList<Value?> Gemm(GradientContext c)
    {
        var b = c.Build;
        var (transA, transB) = (c.Node.Int("transA", 0) != 0, c.Node.Int("transB", 0) != 0);
        var (alpha, beta) = (c.Node.Float("alpha", 1), c.Node.Float("beta", 1));
        var (x, w, dy) = (c.X(0), c.X(1), c.Dy);
        return
        [
            !c.Needs(0) ? null : transA
                ? b.Gemm(w, dy, transA: transB, transB: true, alpha: alpha)
                : b.Gemm(dy, w, transB: !transB, alpha: alpha),
            !c.Needs(1) ? null : transB
                ? b.Gemm(dy, x, transA: true, transB: transA, alpha: alpha)
                : b.Gemm(x, dy, transA: !transA, alpha: alpha),
            !c.Needs(2) ? null : beta == 1 ? dy : c.Scaled(dy, beta),
        ];
    }

    private static IReadOnlyList<Value?> Product(GradientContext c, bool transA, bool transB, float alpha)
    {
        var b = c.Build;
        var (x, w, dy) = (c.X(0), c.X(1), c.Dy);
        if (x.Shape is not { } xs || w.Shape is not { } ws)
        {
            throw new AutodiffException($"{c.Node.Describe()}: the ranks of {x} and {w} are unknown, the gradient of a matrix product needs them. Declare the shapes of the graph inputs.");
        }

        if (xs.Rank == 1 || ws.Rank == 1)
        {
            return WithVector(c, xs.Rank, ws.Rank, alpha);
        }

        if (xs.Rank == 2 && ws.Rank == 2)
        {
            return
            [
                !c.Needs(0) ? null : transA ? b.Gemm(w, dy, transA: transB, transB: true, alpha: alpha) : b.Gemm(dy, w, transB: !transB, alpha: alpha),
                !c.Needs(1) ? null : transB ? b.Gemm(dy, x, transA: true, transB: transA, alpha: alpha) : b.Gemm(x, dy, transA: !transA, alpha: alpha),
            ];
        }

        Value? dx = null, dw = null;
        if (c.Needs(0))
        {
            dx = transA ? b.FusedMatMul(w, dy, transA: transB, transB: true, alpha: alpha) : b.FusedMatMul(dy, w, transB: !transB, alpha: alpha);
        }

        if (c.Needs(1))
        {
            // One large product over all rows instead of a product a batch entry and a sum: B is shared by every row of A.
            if (ws.Rank == 2 && !transA)
            {
                var rows = Rows(c, x); // [∏, K]
                var gradients = Rows(c, dy); // [∏, N]
                dw = transB ? b.Gemm(gradients, rows, transA: true, alpha: alpha) : b.Gemm(rows, gradients, transA: true, alpha: alpha);
            }
            else
            {
                dw = transB ? b.FusedMatMul(dy, x, transA: true, transB: transA, alpha: alpha) : b.FusedMatMul(x, dy, transA: !transA, alpha: alpha);
            }
        }

        return [dx, dw];
    }

    /// <summary>All axes but the last made one: [∏, last].</summary>
    private static Value Rows(GradientContext c, Value x)
    {
        if (x.Shape!.Rank == 2)
        {
            return x;
        }

        // Flatten needs no target shape, so it serves where the last dimension is not known too.
        return c.Build.Op("Flatten", [x], [("axis", (long)x.Shape.Rank - 1)]);
    }

    // A vector operand is a matrix with one row (left) or one column (right) whose axis the product drops again (transA and transB do nothing to vectors).
    private static IReadOnlyList<Value?> WithVector(GradientContext c, int xRank, int wRank, float alpha)
    {
        var b = c.Build;
        var (x, w, dy) = (c.X(0), c.X(1), c.Dy);
        if (c.Node.OpType != "MatMul")
        {
            throw new AutodiffException($"{c.Node.Describe()}: no gradient for a vector operand of FusedMatMul; write a MatMul instead.");
        }

        var x2 = xRank == 1 ? b.Unsqueeze(x, 0) : x; // [.., M, K]
        var w2 = wRank == 1 ? b.Unsqueeze(w, 1) : w; // [.., K, N]
        var dy2 = dy;
        if (wRank == 1)
        {
            dy2 = b.Unsqueeze(dy2, -1); // [.., M, 1]
        }

        if (xRank == 1)
        {
            dy2 = b.Unsqueeze(dy2, -2); // [.., 1, N]
        }

        Value? dx = null, dw = null;
        if (c.Needs(0))
        {
            dx = b.FusedMatMul(dy2, w2, transB: true, alpha: alpha); // [.., M, K]
            dx = xRank == 1 ? b.Squeeze(dx, -2) : dx; // the walker sums the batch axes
        }

        if (c.Needs(1))
        {
            dw = b.FusedMatMul(x2, dy2, transA: true, alpha: alpha); // [.., K, N]
            dw = wRank == 1 ? b.Squeeze(dw, -1) : dw;
        }

        return [dx, dw];
    }
}
