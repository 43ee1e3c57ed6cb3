using System.Globalization;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Tokenization.Templates;
using MultiTurnTrainer.Tokenization.Tokenizers;

namespace MultiTurnTrainer.Datasets.Views;

/// <summary>Makes views of rows.</summary>
public static class RowViews
{
    /// <summary>The view of a stored row: its tokens decoded one by one; where they came from is not known.</summary>
    /// <param name="row">The row.</param>
    /// <param name="number">Its number in the file, from 1.</param>
    /// <param name="tokenizer">The tokenizer it was made with.</param>
    public static RowView Of(TokenRow row, long number, Tokenizer tokenizer)
    {
        TokenView[] tokens = new TokenView[row.Length];
        string before = "";
        for (int i = 0; i < tokens.Length; i++)
        {
            // A token alone may be half a character: what it adds to its neighbours shows what it stands for.
            int from = Math.Max(0, i - 3);
            string upTo = tokenizer.Decode(row.InputIds.AsSpan(from, i + 1 - from), skipSpecialTokens: false);
            before = from == i ? "" : tokenizer.Decode(row.InputIds.AsSpan(from, i - from), skipSpecialTokens: false);
            before = before.TrimEnd('\uFFFD');
            string text = upTo.StartsWith(before, StringComparison.Ordinal) ? upTo[before.Length..] : upTo;
            tokens[i] = new TokenView(
                row.InputIds[i],
                text.TrimEnd('\uFFFD'),
                row.Labels[i] == TokenRow.Unsupervised ? 0 : row.LossWeights?[i] ?? 1,
                null,
                "token",
                "-",
                0
            );
        }

        return new RowView(Title(number.ToString(CultureInfo.InvariantCulture), row.Id), tokens, []);
    }

    /// <summary>The view of a row that was just made.</summary>
    internal static RowView Of(BuiltRow built, Conversation conversation)
    {
        TokenView[] tokens = new TokenView[built.Row.Length];
        int shown = 0;
        for (int i = 0; i < tokens.Length; i++)
        {
            (int start, int end) = built.Places[i];
            RenderedSpan span = built.Text.Span(built.Text.SpanAtByte(start));
            string text = "";
            int next = i + 1 < tokens.Length ? built.Places[i + 1].Start : built.Text.Utf8.Length;

            // Whitespace that a token takes is shown with it; of tokens that share a character the first shows it.
            int to = Math.Max(end, Math.Min(next, built.Text.Utf8.Length));
            if (to > shown)
            {
                to = NextCharacter(built.Text.Utf8, to);
                text = System.Text.Encoding.UTF8.GetString(built.Text.Utf8.AsSpan(shown, to - shown));
                shown = to;
            }

            tokens[i] = new TokenView(
                built.Row.InputIds[i],
                text,
                built.Row.Labels[i] == TokenRow.Unsupervised ? 0 : built.Row.LossWeights?[i] ?? 1,
                span.Origin.Path,
                GroupOf(span.Origin, built.View),
                span.Origin.MessageIndex < 0 ? "-" : NameOf(span.Origin.Field),
                span.Line
            );
        }

        return new RowView(Title(conversation.Place, built.Row.Id), tokens, []);
    }

    private static int NextCharacter(byte[] utf8, int position)
    {
        while (position < utf8.Length && (utf8[position] & 0xC0) == 0x80)
        {
            position++;
        }

        return position;
    }

    private static string GroupOf(Origin origin, ConversationView view) =>
        origin.Kind switch
        {
            OriginKind.Message when origin.MessageIndex >= 0 => view.Messages[origin.MessageIndex].RoleName,
            OriginKind.Tool => "tools",
            OriginKind.Variable => "variable",
            OriginKind.Literal => "literal",
            _ => "computed",
        };

    private static string NameOf(MessageField field) =>
        field switch
        {
            MessageField.Role => "role",
            MessageField.Content => "content",
            MessageField.Reasoning => "reasoning",
            MessageField.CallName => "call name",
            MessageField.CallArguments => "call arguments",
            _ => "other",
        };

    private static string Title(string place, string? id) => id is null ? place : $"{place} · {id}";
}
