namespace OnnxPipeline.Autodiff.Tests;

/// <summary>What a graph says of the shapes of its inputs.</summary>
internal enum Knowledge
{
    /// <summary>Every dimension is a number.</summary>
    Numbers,

    /// <summary>Every dimension has a name of its own, so that any may turn out to be 1.</summary>
    Names,

    /// <summary>Not even the rank.</summary>
    Nothing,
}
