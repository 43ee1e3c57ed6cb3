namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>A field of a Parquet schema: a group with children, or a leaf with values.</summary>
public sealed class SchemaNode
{
    /// <summary>The field's name.</summary>
    public required string Name { get; init; }

    /// <summary>How often it occurs in its parent.</summary>
    public required Repetition Repetition { get; init; }

    /// <summary>The stored type of a leaf; null for a group.</summary>
    public PhysicalType? Type { get; init; }

    /// <summary>Bytes per value of a <see cref="PhysicalType.FixedLenByteArray"/>.</summary>
    public int TypeLength { get; init; }

    /// <summary>What the values mean.</summary>
    public LogicalKind Kind { get; init; }

    /// <summary>Digits after the point of a <see cref="LogicalKind.Decimal"/>.</summary>
    public int Scale { get; init; }

    /// <summary>A group's fields.</summary>
    public IReadOnlyList<SchemaNode> Children { get; init; } = [];

    /// <summary>The definition level of a value that is present.</summary>
    public int MaxDefinition { get; internal set; }

    /// <summary>How many repeated fields lie on the way from the root, this one included.</summary>
    public int MaxRepetition { get; internal set; }

    /// <summary>A leaf's place among the leaves; a group's first leaf.</summary>
    public int FirstLeaf { get; internal set; }

    /// <summary>How many leaves lie below (1 for a leaf).</summary>
    public int LeafCount { get; internal set; }

    /// <summary>Names from the root to here, for messages.</summary>
    public string Path { get; internal set; } = "";

    /// <summary>Whether this field holds values itself.</summary>
    public bool IsLeaf => Type is not null;

    /// <summary>A list as the format wants it: a group, a repeated group, the element.</summary>
    internal static SchemaNode List(string name, Repetition repetition, SchemaNode element) =>
        new()
        {
            Name = name,
            Repetition = repetition,
            Kind = LogicalKind.List,
            Children =
            [
                new SchemaNode
                {
                    Name = "list",
                    Repetition = Repetition.Repeated,
                    Children = [element],
                },
            ],
        };

    /// <summary>Fills in levels, paths and leaf numbers below a root; returns the leaves in order.</summary>
    internal IReadOnlyList<SchemaNode> Resolve()
    {
        List<SchemaNode> leaves = [];
        foreach (SchemaNode child in Children)
        {
            child.Resolve(0, 0, "", leaves);
        }

        LeafCount = leaves.Count;
        return leaves;
    }

    private void Resolve(int definition, int repetition, string parent, List<SchemaNode> leaves)
    {
        MaxDefinition = definition + (Repetition == Repetition.Required ? 0 : 1);
        MaxRepetition = repetition + (Repetition == Repetition.Repeated ? 1 : 0);
        Path = parent.Length == 0 ? Name : $"{parent}.{Name}";
        FirstLeaf = leaves.Count;
        if (IsLeaf)
        {
            leaves.Add(this);
        }

        foreach (SchemaNode child in Children)
        {
            child.Resolve(MaxDefinition, MaxRepetition, Path, leaves);
        }

        LeafCount = leaves.Count - FirstLeaf;
    }
}
