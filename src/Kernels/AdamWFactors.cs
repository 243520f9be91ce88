namespace OnnxPipeline.Kernels;

/// <summary>
/// What changes from step to step in AdamW, both modes in one formula: with g·GradientScale for the gradient, p ← p + MinusBefore·p; p ← p + MinusSize·m / (√v·RootScale + ε);
/// p ← p + MinusAfter·p.
/// </summary>
public readonly record struct AdamWFactors(float GradientScale, float RootScale, float MinusSize, float MinusBefore, float MinusAfter)
{
    /// <summary>Those of a step.</summary>
    public AdamWFactors(in AdamWOptions o) : this(o.GradientScale, 1, 0, 0, 0)
    {
        // In double: 1 - β₂ᵗ loses half its digits in float for small t.
        var correction1 = o.CorrectBias ? 1 - Math.Pow(o.Beta1, o.Step) : 1;
        var correction2 = o.CorrectBias ? 1 - Math.Pow(o.Beta2, o.Step) : 1;
        var decay = (double)o.LearningRate * o.WeightDecay;
        RootScale = o.Mode == 0 ? (float)(1 / Math.Sqrt(correction2)) : 1f;
        MinusSize = (float)-(o.LearningRate * (o.Mode == 0 ? 1 : Math.Sqrt(correction2)) / correction1);
        MinusBefore = o.Mode == 0 ? (float)-decay : 0f;
        MinusAfter = o.Mode == 1 ? (float)-decay : 0f;
    }
}
