namespace OnnxPipeline.Training;

/// <summary>Shares of numbers of steps, with the decimal digits that a user wrote: 1.1 × 50 is 55, and as products of doubles a little more, which would be rounded up to 56.</summary>
internal static class Share
{
    private const double Exact = 1e15; // digits of a double that a decimal takes over

    /// <summary>⌈<paramref name="steps"/> · <paramref name="amount"/> / <paramref name="of"/>⌉, all at least 0.</summary>
    public static double RoundedUp(double steps, double amount, int of = 1) =>
        steps < Exact && amount < Exact / 10 && steps * amount < Exact ? (double)Math.Ceiling((decimal)steps * (decimal)amount / of) : Math.Ceiling(steps * amount / of);
}
