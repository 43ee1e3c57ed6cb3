namespace MultiTurnTrainer.Datasets.Masking;

/// <summary>
/// The stop token of a model whose folder names none in <c>generation_config.json</c>: the added token that its template
/// prints behind an answer.
/// </summary>
internal static class PrintedStop
{
    private static readonly JsonView _probe = JsonView.Parse(
        """
        [{"role": "user", "content": "ask"}, {"role": "assistant", "content": "reply"},
         {"role": "user", "content": "more"}, {"role": "assistant", "content": "last"}]
        """
    );

    /// <summary>
    /// The token, or null where no added token follows an answer at once, as a part of its turn, or another one follows the
    /// last answer: then the one in the history is not what the model ends with.
    /// </summary>
    public static string? Find(ChatModel chat, Tokenizer tokenizer)
    {
        RenderedText rendered;
        try
        {
            rendered = chat.Template.Render(
                new RenderInput(_probe)
                {
                    Variables = chat.SpecialTokens,
                    BosToken = chat.BosToken,
                    EosToken = chat.EosToken,
                    Now = DateTimeOffset.UnixEpoch,
                }
            );
        }
        catch (TemplateException)
        {
            return null;
        }

        string? stop = Behind(rendered, 1, tokenizer);
        return stop == Behind(rendered, 3, tokenizer) ? stop : null;
    }

    private static string? Behind(RenderedText rendered, int message, Tokenizer tokenizer)
    {
        List<RenderedSpan> answer = [.. rendered.Spans.Where(span => span.Context == message)];
        int last = answer.FindLastIndex(span =>
            span.Origin.MessageIndex == message && span.Origin.Field == MessageField.Content
        );
        if (last < 0 || last == answer.Count - 1)
        {
            return null;
        }

        string behind = rendered.Text[answer[last].End..answer[^1].End].TrimStart();
        return tokenizer
            .AddedTokens.Select(token => token.Content)
            .Where(token => token.Length > 0 && behind.StartsWith(token, StringComparison.Ordinal))
            .MaxBy(token => token.Length);
    }
}
