namespace OnnxPipeline.Serving;

/// <summary>What kind of answer an error is; whoever carries it over a wire maps the kind, not the message.</summary>
public enum ServingErrorKind
{
    /// <summary>There is no such model or version.</summary>
    NotFound,

    /// <summary>A tensor of the call is wrong; the message names it.</summary>
    InvalidArgument,

    /// <summary>As many calls are in flight as may be; the same call may work later.</summary>
    Overloaded,

    /// <summary>The repository drains, or cannot be used; another server may answer.</summary>
    Unavailable,

    /// <summary>The computation failed.</summary>
    Internal,
}
