namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>Measures conversations as the rows that <c>mtt mask</c> makes of them.</summary>
/// <param name="model">Template and tokenizer.</param>
/// <param name="options">What is supervised.</param>
/// <param name="maxLength">The limit of truncation by whole turns; null for none.</param>
public sealed class RowMeasure(RowModel model, RowOptions options, int? maxLength) : IRowMeasure
{
    private readonly RowBuilder _whole = new(model, options with { MaxLength = null, ExpandTurns = false });
    private readonly RowBuilder _short = new(model, options with { MaxLength = maxLength, ExpandTurns = false });

    /// <inheritdoc/>
    public MeasuredRow? Measure(Conversation conversation)
    {
        if (_whole.Build(conversation) is not { IsRefused: false, Rows: [BuiltRow built] })
        {
            return null;
        }

        int tokens = built.Row.Length;
        int? truncated =
            maxLength is null ? null
            : tokens <= maxLength ? tokens
            : _short.Build(conversation).Rows is [BuiltRow left] ? left.Row.Length
            : null;
        return new MeasuredRow(
            tokens,
            built.TokensPerMessage(),
            built.TokensPerMessage(supervisedOnly: true),
            Fields(built),
            truncated
        );
    }

    private static Dictionary<string, (long All, long Supervised)> Fields(BuiltRow built)
    {
        Dictionary<string, (long All, long Supervised)> fields = new(StringComparer.Ordinal);
        for (int i = 0; i < built.Places.Length; i++)
        {
            string name = Name(built, built.Text.Span(built.Text.SpanAtByte(built.Places[i].Start)));
            (long all, long supervised) = fields.GetValueOrDefault(name);
            fields[name] = (all + 1, supervised + (built.Row.Labels[i] == TokenRow.Unsupervised ? 0 : 1));
        }

        return fields;
    }

    private static string Name(BuiltRow built, RenderedSpan span)
    {
        if (span.Origin.Kind == OriginKind.Tool)
        {
            return "tools";
        }

        int message = span.Origin.MessageIndex >= 0 ? span.Origin.MessageIndex : span.Context;
        string? field = span.Origin.Field switch
        {
            MessageField.Content => "content",
            MessageField.Reasoning => "reasoning_content",
            MessageField.CallName or MessageField.CallArguments => "tool_calls",
            _ => null,
        };
        return message < 0 ? "template" : $"{Roles.Name(built.View.Messages[message].Role)}.{field ?? "template"}";
    }
}
