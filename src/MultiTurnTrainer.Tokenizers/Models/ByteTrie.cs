namespace MultiTurnTrainer.Tokenizers.Models;

/// <summary>A trie of byte strings with a value each. Node 0 is the root.</summary>
internal sealed class ByteTrie
{
    private ulong[] _edges = new ulong[1 << 12];
    private int[] _targets = new int[1 << 12];
    private int[] _values = new int[1 << 10];
    private int _edgeCount;
    private int _nodes = 1;

    public ByteTrie() => _values[0] = -1;

    /// <summary>Adds a string, or gives it another value.</summary>
    public void Add(ReadOnlySpan<byte> text, int value)
    {
        int node = 0;
        foreach (byte label in text)
        {
            int slot = SlotOf(node, label);
            if (_edges[slot] == 0)
            {
                node = AddEdge(slot, node, label);
            }
            else
            {
                node = _targets[slot];
            }
        }

        _values[node] = value;
    }

    /// <summary>The node behind an edge, or −1.</summary>
    public int Next(int node, byte label)
    {
        int slot = SlotOf(node, label);
        return _edges[slot] == 0 ? -1 : _targets[slot];
    }

    /// <summary>The value at a node, or −1.</summary>
    public int ValueOf(int node) => _values[node];

    /// <summary>The value of the longest string that a text begins with, or −1.</summary>
    public int Longest(ReadOnlySpan<byte> text, out int length, ref StepLimit limit) =>
        Longest(0, text, out length, ref limit);

    /// <summary>The value of the longest string that a text goes on with behind a node, or −1.</summary>
    public int Longest(int node, ReadOnlySpan<byte> text, out int length, ref StepLimit limit)
    {
        length = 0;
        int found = -1;
        int at = 0;
        while (at < text.Length && (node = Next(node, text[at])) >= 0)
        {
            at++;
            if (_values[node] >= 0)
            {
                found = _values[node];
                length = at;
            }
        }

        limit.Take(at);
        return found;
    }

    /// <summary>The node behind a string, or −1.</summary>
    public int NodeOf(ReadOnlySpan<byte> text)
    {
        int node = 0;
        for (int at = 0; at < text.Length && node >= 0; at++)
        {
            node = Next(node, text[at]);
        }

        return node;
    }

    private static ulong KeyOf(int node, byte label) => (((ulong)node << 8) | label) + 1;

    private int SlotOf(int node, byte label)
    {
        ulong key = KeyOf(node, label);
        int mask = _edges.Length - 1;
        int slot = (int)((key * 0x9E37_79B9_7F4A_7C15) >> 32) & mask;
        while (_edges[slot] != 0 && _edges[slot] != key)
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    private int AddEdge(int slot, int node, byte label)
    {
        if (_nodes == _values.Length)
        {
            Array.Resize(ref _values, _nodes * 2);
        }

        int target = _nodes++;
        _values[target] = -1;
        _edges[slot] = KeyOf(node, label);
        _targets[slot] = target;
        if (++_edgeCount * 2 > _edges.Length)
        {
            Grow();
        }

        return target;
    }

    private void Grow()
    {
        ulong[] edges = _edges;
        int[] targets = _targets;
        _edges = new ulong[edges.Length * 2];
        _targets = new int[edges.Length * 2];
        for (int i = 0; i < edges.Length; i++)
        {
            if (edges[i] != 0)
            {
                ulong key = edges[i] - 1;
                int slot = SlotOf((int)(key >> 8), (byte)key);
                _edges[slot] = edges[i];
                _targets[slot] = targets[i];
            }
        }
    }
}
