// Folder Views: rows for people: terminal and page.
// Refuses to know: how a row was decided.
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Datasets.Rows.Tokens;

namespace MultiTurnTrainer.Datasets.Views;

/// <summary>Makes views of rows.</summary>
public static class RowViews
{
    /// <summary>The view of a stored row: its tokens spelled one by one; where they came from is not known.</summary>
    /// <param name="row">The row.</param>
    /// <param name="number">Its number in the file, from 1.</param>
    /// <param name="table">The bytes of the tokenizer's tokens.</param>
    internal static RowView Of(TokenRow row, long number, TokenTable table)
    {
        TokenView[] tokens = new TokenView[row.Length];
        List<byte> pending = [];
        for (int i = 0; i < tokens.Length; i++)
        {
            // A token may be a part of a character: the one that completes it shows it.
            pending.AddRange(table[row.InputIds[i]]);
            int complete = CompleteCharacters(CollectionsMarshal.AsSpan(pending));
            complete = i + 1 == tokens.Length ? pending.Count : complete;
            string text = System.Text.Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(pending)[..complete]);
            pending.RemoveRange(0, complete);
            tokens[i] = new TokenView(
                row.InputIds[i],
                text,
                row.Labels[i] == TokenRow.Unsupervised ? 0 : row.LossWeights?[i] ?? 1,
                null,
                "token",
                "-",
                0
            );
        }

        return new RowView(Title(number.ToString(CultureInfo.InvariantCulture), row.Id), tokens, []);
    }

    // Bytes up to the last character that is whole; all of them where they are no UTF-8 at all.
    private static int CompleteCharacters(ReadOnlySpan<byte> bytes)
    {
        for (int back = 1; back <= Math.Min(3, bytes.Length); back++)
        {
            byte lead = bytes[^back];
            if ((lead & 0xC0) != 0x80)
            {
                int length =
                    lead >= 0xF0 ? 4
                    : lead >= 0xE0 ? 3
                    : lead >= 0xC0 ? 2
                    : 1;
                return length > back ? bytes.Length - back : bytes.Length;
            }
        }

        return bytes.Length;
    }

    /// <summary>The view of a row that was just made.</summary>
    internal static RowView Of(BuiltRow built, RowOutcome outcome)
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

        IReadOnlyList<Finding> findings = ConversationFindings.Of(outcome.Conversation);
        return new RowView(
            Title(outcome.Conversation.Place, built.Row.Id),
            tokens,
            [.. findings.Select(Line), .. EffectText.Lines(outcome.Effects)]
        )
        {
            Messages = Messages(built),
            Fails = findings.Any(finding => finding.Severity == Severity.Error),
        };
    }

    private static (int Message, string Role, int Tokens, int Supervised)[] Messages(BuiltRow built)
    {
        int[] all = built.TokensPerMessage();
        int[] supervised = built.TokensPerMessage(supervisedOnly: true);
        return
        [
            .. built.View.Messages.Select(
                (message, i) => (built.View.Indexes[i], message.RoleName, all[i], supervised[i])
            ),
        ];
    }

    private static string Line(Finding finding)
    {
        string path = finding.Path is null ? "" : $"{finding.Path}: ";
        return $"{finding.Severity.ToString().ToLowerInvariant()} {finding.Code} {path}{finding.Message}";
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
