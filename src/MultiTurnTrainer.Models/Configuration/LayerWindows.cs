namespace MultiTurnTrainer.Models.Configuration;

/// <summary>Which of a family's layers see only a window of keys where <c>layer_types</c> does not say it.</summary>
internal sealed record LayerWindows
{
    /// <summary>The type of a layer that sees every key before it.</summary>
    public const string Full = "full_attention";

    /// <summary>The type of a layer that sees a window of keys.</summary>
    public const string Sliding = "sliding_attention";

    /// <summary>No layer has one, and a <c>sliding_window</c> is refused.</summary>
    public static LayerWindows None { get; } = new() { HasSize = false };

    /// <summary>As <see cref="None"/>, and the family reads <c>layer_types</c> itself.</summary>
    public static LayerWindows Unread { get; } = new() { HasSize = false, ReadsTypes = false };

    /// <summary>Whether <c>layer_types</c> says which layers have one.</summary>
    public bool ReadsTypes { get; init; } = true;

    /// <summary>Whether the family reads <c>sliding_window</c>.</summary>
    public bool HasSize { get; init; } = true;

    /// <summary>The size where the file is silent; null for no window.</summary>
    public int? DefaultSize { get; init; }

    /// <summary>Whether only <c>use_sliding_window</c> switches windows on.</summary>
    public bool IsOptional { get; init; }

    /// <summary>From the fields and a layer's number, whether it has a window.</summary>
    public Func<ConfigFields, int, bool> Applies { get; init; } = (_, _) => true;

    /// <summary>The layers that always see every key, whatever <c>layer_types</c> says.</summary>
    public Func<int, int, bool> AlwaysFull { get; init; } = (_, _) => false;

    /// <summary>For each layer how many keys a query sees; null for all before it.</summary>
    public IReadOnlyList<int?> Read(ConfigFields fields, int layers)
    {
        bool used = !IsOptional || fields.Bool("use_sliding_window", false);
        int? window = HasSize ? Size(fields, used) : null;
        bool[] windowed = [.. Enumerable.Range(0, layers).Select(layer => Applies(fields, layer))];
        if (ReadsTypes && fields.Has("layer_types"))
        {
            string[] types = fields.Texts("layer_types");
            if (!used && fields.Has("use_sliding_window") && types.Contains(Sliding))
            {
                throw fields.Wrong("use_sliding_window", "true, as layer_types names sliding layers,");
            }

            return types.Length == layers
                ? [.. types.Select((type, layer) => AlwaysFull(layer, layers) ? null : OfType(fields, type, window))]
                : throw fields.Wrong("layer_types", $"a list of {layers}");
        }

        return
        [
            .. Enumerable
                .Range(0, layers)
                .Select(layer => used && windowed[layer] && !AlwaysFull(layer, layers) ? window : null),
        ];
    }

    private int? Size(ConfigFields fields, bool used)
    {
        const string name = "sliding_window";
        bool off = fields.IsNull(name) || (!used && fields.Int(name, 0) == 0 && fields.Has(name));
        return off ? null
            : fields.Has(name) ? fields.Positive(name)
            : DefaultSize;
    }

    private static int? OfType(ConfigFields fields, string type, int? window) =>
        type switch
        {
            Full => null,
            Sliding => window ?? throw fields.Wrong("sliding_window", "a size for the sliding layers"),
            _ => throw fields.Unsupported("layer_types", $"{Full}, {Sliding}"),
        };
}
