namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>
/// Learns from JSON objects which Parquet schema holds them all: objects become structs, arrays lists. Where rows
/// disagree (text here, a list there), and for fields that are named as free-form, the column holds JSON text.
/// </summary>
/// <param name="freeForm">Names of fields, at any depth, whose objects have keys of their own (tool arguments…).</param>
public sealed class JsonShape(IReadOnlySet<string> freeForm)
{
    private readonly Node _root = new();

    /// <summary>Learns from one row, which must be an object.</summary>
    public void Add(JsonView row) => Add(_root, row);

    /// <summary>The schema of all rows seen so far; every field may be absent.</summary>
    public SchemaNode ToSchema() =>
        new()
        {
            Name = "schema",
            Repetition = Repetition.Required,
            Children = [.. _root.Fields.Select(field => ToNode(field.Key, field.Value))],
        };

    private void Add(Node node, JsonView value)
    {
        switch (value.Kind)
        {
            case JsonKind.Null:
                break;
            case JsonKind.True or JsonKind.False:
                node.Kinds |= Kinds.Boolean;
                break;
            case JsonKind.Number:
                node.Kinds |= value.TryGetInt64(out _) ? Kinds.Integer : Kinds.Real;
                break;
            case JsonKind.String:
                node.Kinds |= Kinds.Text;
                break;
            case JsonKind.Array:
                node.Kinds |= Kinds.List;
                node.Element ??= new Node();
                foreach (JsonView item in value.EnumerateArray())
                {
                    Add(node.Element, item);
                }

                break;
            default:
                AddObject(node, value);
                break;
        }
    }

    private void AddObject(Node node, JsonView value)
    {
        node.Kinds |= Kinds.Object;
        foreach (JsonMember property in value.EnumerateObject())
        {
            if (!node.Fields.TryGetValue(property.Name, out Node? field))
            {
                node.Fields.Add(property.Name, field = new Node());
            }

            if (freeForm.Contains(property.Name))
            {
                field.Kinds |= Kinds.FreeForm;
            }
            else
            {
                Add(field, property.Value);
            }
        }
    }

    private static SchemaNode ToNode(string name, Node node)
    {
        SchemaNode Leaf(PhysicalType type, LogicalKind kind = LogicalKind.None) =>
            new()
            {
                Name = name,
                Repetition = Repetition.Optional,
                Type = type,
                Kind = kind,
            };
        return node.Kinds switch
        {
            Kinds.Boolean => Leaf(PhysicalType.Boolean),
            Kinds.Integer => Leaf(PhysicalType.Int64),
            Kinds.Real or (Kinds.Real | Kinds.Integer) => Leaf(PhysicalType.Double),
            Kinds.Text or Kinds.None => Leaf(PhysicalType.ByteArray, LogicalKind.Text),
            Kinds.List => SchemaNode.List(name, Repetition.Optional, ToNode("element", node.Element!)),
            Kinds.Object when node.Fields.Count > 0 => new SchemaNode
            {
                Name = name,
                Repetition = Repetition.Optional,
                Children = [.. node.Fields.Select(field => ToNode(field.Key, field.Value))],
            },
            _ => Leaf(PhysicalType.ByteArray, LogicalKind.Json),
        };
    }

    [Flags]
    private enum Kinds
    {
        None = 0,
        Boolean = 1,
        Integer = 2,
        Real = 4,
        Text = 8,
        List = 16,
        Object = 32,
        FreeForm = 64,
    }

    private sealed class Node
    {
        public Kinds Kinds { get; set; }

        public OrderedDictionary<string, Node> Fields { get; } = new(StringComparer.Ordinal);

        public Node? Element { get; set; }
    }
}
