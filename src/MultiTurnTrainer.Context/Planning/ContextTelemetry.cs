namespace MultiTurnTrainer.Context.Planning;

/// <summary>
/// Spans and meters of context assembly, for whoever listens to the name <see cref="Name"/>. Without a listener they cost
/// a comparison. Nothing of them enters a plan.
/// </summary>
public static class ContextTelemetry
{
    /// <summary>The name of source and meter.</summary>
    public const string Name = "MultiTurnTrainer.Context";

    private static readonly string? _version = Assembly.GetExecutingAssembly().GetName().Version?.ToString(3);
    private static readonly Meter _meter = new(Name, _version);

    /// <summary>Spans <c>context.assemble</c>, <c>context.retrieve</c> and <c>context.compress</c>.</summary>
    public static ActivitySource Source { get; } = new(Name, _version);

    /// <summary>Tokens of each prompt.</summary>
    public static Histogram<int> Tokens { get; } =
        _meter.CreateHistogram<int>("context.tokens", "{token}", "Tokens of the prompt of a call.");

    /// <summary>Tokens of the prompt over those of everything said so far.</summary>
    public static Histogram<double> Compression { get; } =
        _meter.CreateHistogram<double>("context.compression_ratio", "1", "Tokens of the prompt over everything said.");

    /// <summary>Must-keep items in the prompt over those in force.</summary>
    public static Histogram<double> Retention { get; } =
        _meter.CreateHistogram<double>("context.retention", "1", "Must-keep items in the prompt over those in force.");
}
