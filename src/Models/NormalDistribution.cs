namespace OnnxPipeline.Models;

/// <summary>
/// The standard normal distribution in additions, multiplications, divisions and square roots alone, whose results IEEE 754 fixes: the same
/// bits on every machine, which a system's logarithm or cosine does not give.
/// </summary>
internal static class NormalDistribution
{
    // Algorithm AS 241 (PPND16), M. J. Wichura, Applied Statistics 37 (1988): a quotient of polynomials each in the middle, on the flanks and
    // in the tails; relative error 1e-16. Coefficients of the highest power first.
    private static readonly double[] MiddleAbove =
        [2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0];

    private static readonly double[] MiddleBelow =
        [5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1];

    private static readonly double[] FlankAbove =
        [7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0];

    private static readonly double[] FlankBelow =
        [1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0, 2.05319162663775882187e0, 1];

    private static readonly double[] TailAbove =
        [2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0];

    private static readonly double[] TailBelow =
        [2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1];

    private static readonly double[] OddReciprocals = [1.0 / 21, 1.0 / 19, 1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11, 1.0 / 9, 1.0 / 7, 1.0 / 5, 1.0 / 3, 1];

    /// <summary>The number below which a share <paramref name="p"/> of the distribution lies.</summary>
    /// <param name="p">Above 0 and below 1.</param>
    public static double Quantile(double p)
    {
        var q = p - 0.5;
        if (Math.Abs(q) <= 0.425)
        {
            var r = 0.180625 - (q * q);
            return q * Polynomial(MiddleAbove, r) / Polynomial(MiddleBelow, r);
        }

        var distance = Math.Sqrt(-Log(q < 0 ? p : 1 - p));
        var x = distance <= 5
            ? Polynomial(FlankAbove, distance - 1.6) / Polynomial(FlankBelow, distance - 1.6)
            : Polynomial(TailAbove, distance - 5) / Polynomial(TailBelow, distance - 5);
        return q < 0 ? -x : x;
    }

    private static double Polynomial(double[] coefficients, double x)
    {
        var sum = 0.0;
        foreach (var coefficient in coefficients)
        {
            sum = (sum * x) + coefficient;
        }

        return sum;
    }

    // x = m·2^e with m in [√½, √2); ln m = 2·(s + s³/3 + s⁵/5 + …) with s = (m − 1)/(m + 1), |s| < 0.172
    private static double Log(double x)
    {
        const double Ln2 = 0.6931471805599453;
        var bits = BitConverter.DoubleToInt64Bits(x);
        var e = (int)(bits >> 52) - 1023;
        var m = BitConverter.Int64BitsToDouble((bits & 0xFFFFFFFFFFFFF) | (1023L << 52));
        if (m > 1.4142135623730951)
        {
            m /= 2;
            e++;
        }

        var s = (m - 1) / (m + 1);
        var square = s * s;
        var sum = 0.0;
        foreach (var reciprocal in OddReciprocals)
        {
            sum = (sum * square) + reciprocal;
        }

        return (e * Ln2) + (2 * s * sum);
    }
}
