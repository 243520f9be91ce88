using OnnxPipeline.Ir;

namespace OnnxPipeline.Autodiff;

/// <summary>
/// The gradient of one operator: from the gradients of a node's outputs to those of its inputs, one entry an input in input order;
/// null where nothing flows (an index, a shape, a condition) or where <see cref="GradientContext.Needs"/> says nobody asks. An empty list: nothing flows at all.
/// Broadcasting, accumulation and checks of shape and type are the walker's work, not the rule's.
/// </summary>
public delegate IReadOnlyList<Value?> GradientRule(GradientContext context);
