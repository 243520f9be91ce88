namespace OnnxPipeline.Models;

/// <summary>What to build beside what the configuration says.</summary>
/// <param name="Head">A head of the family, such as <c>clm</c>.</param>
/// <param name="WithLoss">Whether the graph takes labels and gives the loss as Transformers computes it.</param>
/// <param name="Seed">Of the initial parameters.</param>
/// <param name="LabelSmoothing">Of the loss: the share of the target spread evenly over the classes.</param>
public sealed record BuildOptions(string Head, bool WithLoss, long Seed, double LabelSmoothing = 0);
