using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Reports;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>What <c>mtt context --recall</c> says: what each way of retrieval finds of what labelled questions are about.</summary>
/// <param name="policy">How is searched; vectors where it names a model that makes them.</param>
/// <param name="artefacts">What models have made, and what makes the rest.</param>
internal sealed class RecallText(RetrievalPolicy policy, PolicyArtefacts artefacts)
{
    /// <summary>A line for each method.</summary>
    /// <exception cref="MttException">No question is labelled, or a vector is missing that nobody can make.</exception>
    public async Task<string> WriteAsync(IReadOnlyList<Conversation> conversations, CancellationToken cancellation)
    {
        Table table = new(
            "{0,-12}{1,12}{2,14}{3,12}{4,16}",
            ["method", "recall@1", Invariant($"recall@{policy.Exchanges}"), "wrong", "wrong for none"]
        );
        StringBuilder text = new(table.Head);
        RetrievalMethod[] methods =
            policy.Method == RetrievalMethod.Bm25 ? [RetrievalMethod.Bm25] : Enum.GetValues<RetrievalMethod>();
        foreach (RetrievalMethod method in methods)
        {
            RetrievalScore score = new(policy with { Method = method }, artefacts.Found);
            foreach (Conversation conversation in conversations)
            {
                await AddAsync(score, conversation, cancellation);
            }

            if (score.Answerable + score.Unanswerable == 0)
            {
                throw new MttException(
                    "no question is labelled",
                    "Write metadata.retrieval into the rows: [{\"question\": \"…\", \"exchange\": 3}], turns from 0, null for none."
                );
            }

            text.Append('\n')
                .Append(
                    table.Line(
                        Naming.SnakeCase(method),
                        Share(score.First, score.Answerable),
                        Share(score.Found, score.Answerable),
                        Share(score.Wrong, score.Returned),
                        Share(score.Disturbed, score.Unanswerable)
                    )
                );
        }

        return text.Append('\n').ToString();
    }

    private async Task AddAsync(RetrievalScore score, Conversation conversation, CancellationToken cancellation)
    {
        while (Missing(score, conversation) is { } missing)
        {
            await (artefacts.Maker?.MakeAsync(missing.Missing, cancellation) ?? throw missing.At(conversation.Place));
        }
    }

    private static ArtefactMissingException? Missing(RetrievalScore score, Conversation conversation)
    {
        try
        {
            score.Add(conversation);
            return null;
        }
        catch (ArtefactMissingException missing)
        {
            return missing;
        }
    }

    private static string Share(int part, int whole) => Invariant($"{part} of {whole}");
}
