using System.Text.Json;
using MultiTurnTrainer.Templates;
using MultiTurnTrainer.Tokenizers;

namespace MultiTurnTrainer.Datasets.Masking;

/// <summary>
/// The stop token of a model whose folder names none in <c>generation_config.json</c>: the added token that its template
/// prints behind an answer.
/// </summary>
internal static class PrintedStop
{
    private static readonly JsonElement _probe = JsonElement.Parse(
        """
        [{"role": "user", "content": "ask"}, {"role": "assistant", "content": "reply"},
         {"role": "user", "content": "more"}, {"role": "assistant", "content": "last"}]
        """
    );

    /// <summary>The token, or null where no added token follows an answer at once, as a part of its turn.</summary>
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

        List<RenderedSpan> answer = [.. rendered.Spans.Where(span => span.Context == 1)];
        int end = answer.FindLastIndex(span => span.Origin is { MessageIndex: 1, Field: MessageField.Content });
        if (end < 0 || end == answer.Count - 1)
        {
            return null;
        }

        string behind = rendered.Text[answer[end].End..answer[^1].End].TrimStart();
        return tokenizer
            .AddedTokens.Select(token => token.Content)
            .Where(token => token.Length > 0 && behind.StartsWith(token, StringComparison.Ordinal))
            .MaxBy(token => token.Length);
    }
}
