using System.Collections;

namespace OnnxPipeline.Ir;

/// <summary>
/// The nodes of a graph in order, a linked list: insertion and removal take constant time. While it is enumerated, the current node may be
/// removed and nodes may be inserted anywhere; a node inserted after the current one is visited, one inserted before it is not.
/// </summary>
public sealed class NodeList : IReadOnlyCollection<Node>
{
    private readonly Graph _owner;

    internal NodeList(Graph owner) => _owner = owner;

    public Node? First { get; private set; }

    public Node? Last { get; private set; }

    public int Count { get; private set; }

    public void Add(Node node) => Link(node, Last, null);

    public void InsertBefore(Node place, Node node) => Link(node, place.Previous, place);

    /// <summary>Takes the node out and detaches its inputs; its outputs keep it as their producer.</summary>
    public void Remove(Node node)
    {
        Unlink(node);
        node.DetachInputs();
    }

    /// <summary>Takes the node out for putting it back elsewhere; its inputs stay attached.</summary>
    public void Unlink(Node node)
    {
        if (!ReferenceEquals(node.Owner, _owner))
        {
            throw new InvalidOperationException($"{node.Describe()} is not in this graph.");
        }

        if (node.Previous is null)
        {
            First = node.Next;
        }
        else
        {
            node.Previous.Next = node.Next;
        }

        if (node.Next is null)
        {
            Last = node.Previous;
        }
        else
        {
            node.Next.Previous = node.Previous;
        }

        // node.Next stays, so that an enumeration standing here can go on.
        node.Owner = null;
        node.Previous = null;
        Count--;
    }

    public IEnumerator<Node> GetEnumerator()
    {
        for (var node = First; node is not null;)
        {
            var next = node.Next;
            yield return node;
            // Removed: go on with what followed it before. Still here: with what follows it now.
            node = ReferenceEquals(node.Owner, _owner) ? node.Next : next;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void Link(Node node, Node? previous, Node? next)
    {
        if (node.Owner is not null)
        {
            throw new InvalidOperationException($"{node.Describe()} is already in a graph.");
        }

        (node.Owner, node.Previous, node.Next) = (_owner, previous, next);
        if (previous is null)
        {
            First = node;
        }
        else
        {
            previous.Next = node;
        }

        if (next is null)
        {
            Last = node;
        }
        else
        {
            next.Previous = node;
        }

        Count++;
    }
}
