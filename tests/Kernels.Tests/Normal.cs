namespace OnnxPipeline.Kernels.Tests;

/// <summary>The normal distribution in double.</summary>
internal static class Normal
{
    /// <summary>2/√π·e^(−x²)·Σ 2ⁿ·x^(2n+1)/(1·3·…·(2n+1)), terms of one sign.</summary>
    public static double Erf(double x)
    {
        if (!(Math.Abs(x) < 7))
        {
            return double.IsNaN(x) ? x : Math.Sign(x);
        }

        var (term, sum) = (x, x);
        for (var n = 1; n < 300; n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    public static double Distribution(double x) => (1 + Erf(x / Math.Sqrt(2))) / 2;

    public static double Density(double x) => Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
}
