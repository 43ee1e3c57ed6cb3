using MultiTurnTrainer.Datasets.Contexts;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Datasets.Rows.Tokens;

namespace MultiTurnTrainer.Datasets.Views;

/// <summary>Views of chosen rows, of conversations as they would be masked or of token rows as they are stored.</summary>
public static class RowInspection
{
    /// <summary>Masks conversations and shows their rows; a refused conversation gives a view with its findings.</summary>
    /// <param name="paths">Conversation files.</param>
    /// <param name="model">Template and tokenizer.</param>
    /// <param name="options">How rows are made.</param>
    /// <param name="skip">Views to pass over.</param>
    /// <exception cref="MttException">A file is unreadable or a row is no conversation.</exception>
    public static IEnumerable<RowView> OfConversations(
        IEnumerable<string> paths,
        RowModel model,
        RowOptions options,
        int skip
    )
    {
        RowBuilder builder = new(model, options);
        IEnumerable<Conversation> read = paths.SelectMany(path => ConversationReader.Read(path, options.Conversion));
        PolicyExpander? expander = options.Policy is { } policy
            ? new(new PolicyModel(policy, model) { Artefacts = options.Artefacts })
            : null;
        foreach (Conversation conversation in expander is null ? read : read.SelectMany(expander.Rows))
        {
            RowOutcome outcome = builder.Build(conversation);
            foreach (BuiltRow row in outcome.Rows)
            {
                if (skip-- <= 0)
                {
                    yield return RowViews.Of(row, outcome);
                }
            }

            List<string> findings =
            [
                .. outcome.Findings.Select(finding => finding.ToString()),
                .. outcome.Counts.Losses.Select(loss => $"{conversation.Place}: {Explain(loss.Key, loss.Value)}"),
            ];
            if (findings.Count > 0 && skip-- <= 0)
            {
                yield return new RowView(conversation.Place, [], findings) { Fails = true };
            }
        }
    }

    /// <summary>Shows stored token rows.</summary>
    /// <param name="paths">Token-row files.</param>
    /// <param name="tokenizer">The tokenizer they were made with.</param>
    /// <param name="skip">Rows to pass over.</param>
    /// <exception cref="MttException">A file is unreadable, or holds ids that the tokenizer does not have.</exception>
    public static IEnumerable<RowView> OfTokenRows(IEnumerable<string> paths, Tokenizer tokenizer, int skip)
    {
        TokenTable table = new(tokenizer);
        foreach (string path in paths)
        {
            long number = 0;
            foreach (TokenRow row in TokenRowReader.Read(path))
            {
                number++;
                if (skip-- > 0)
                {
                    continue;
                }

                int largest = row.InputIds.Length == 0 ? 0 : row.InputIds.Max();
                if (largest >= tokenizer.IdLimit)
                {
                    throw new MttException(
                        $"{path}:{number}: token {largest} is not in the tokenizer, which has ids below {tokenizer.IdLimit}",
                        "Give the model folder that the rows were made with."
                    );
                }

                yield return RowViews.Of(row, number, table);
            }
        }
    }

    private static string Explain(string cause, Loss loss) =>
        cause switch
        {
            "no-answer" => "has no message to learn [no-answer]",
            "weight-0" => "every message to learn has weight 0 [weight-0]",
            "too-long" => $"is too long and left out: {loss.SupervisedTokens} supervised tokens lost [too-long]",
            "truncated" => $"was shortened by whole turns: {loss.SupervisedTokens} supervised tokens lost [truncated]",
            _ => cause,
        };
}
