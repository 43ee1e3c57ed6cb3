using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Context.Retrieval;

namespace MultiTurnTrainer.Context.Reports;

/// <summary>
/// How well a way of retrieval finds what labelled questions are about. A question is asked at the end of its conversation, of all its
/// exchanges.
/// </summary>
/// <param name="policy">How is searched; its number of exchanges is k.</param>
/// <param name="artefacts">Finds vectors made by a model; null for none.</param>
public sealed class RetrievalScore(RetrievalPolicy policy, IArtefacts? artefacts)
{
    /// <summary>Questions that an exchange answers.</summary>
    public int Answerable { get; private set; }

    /// <summary>Of those, the ones whose exchange was found first.</summary>
    public int First { get; private set; }

    /// <summary>Of those, the ones whose exchange was among the first k.</summary>
    public int Found { get; private set; }

    /// <summary>Questions that no exchange answers.</summary>
    public int Unanswerable { get; private set; }

    /// <summary>Of those, the ones for which something came back all the same.</summary>
    public int Disturbed { get; private set; }

    /// <summary>Exchanges that came back, k at most for each question.</summary>
    public int Returned { get; private set; }

    /// <summary>Of those, the ones that the question is not about.</summary>
    public int Wrong { get; private set; }

    /// <summary>Asks a conversation's labelled questions.</summary>
    /// <exception cref="ArtefactMissingException">Vectors are needed that nobody has made yet; nothing was counted.</exception>
    /// <exception cref="MttException">A label has another form.</exception>
    public void Add(Conversation conversation)
    {
        ExchangeSearch search = new(policy, artefacts);
        foreach (Exchange exchange in Exchange.AllOf(conversation.Messages, _ => null))
        {
            search.Add(exchange);
        }

        // All are asked before any counts: what is missing for one is made, and the conversation is added again.
        List<(RetrievalQuestion Question, int[] Found)> answers = [];
        foreach (RetrievalQuestion question in RetrievalQuestion.Of(conversation))
        {
            answers.Add(
                (
                    question,
                    [.. search.Find(question.Text, _ => true).Take(policy.Exchanges).Select(found => found.Turn)]
                )
            );
        }

        foreach ((RetrievalQuestion question, int[] found) in answers)
        {
            Count(question, found);
        }
    }

    private void Count(RetrievalQuestion question, int[] found)
    {
        int place = question.Exchange is { } wanted ? Array.IndexOf(found, wanted) : -1;
        Returned += found.Length;
        Wrong += found.Length - (place < 0 ? 0 : 1);
        if (question.Exchange is null)
        {
            Unanswerable++;
            Disturbed += found.Length > 0 ? 1 : 0;
            return;
        }

        Answerable++;
        First += place == 0 ? 1 : 0;
        Found += place >= 0 ? 1 : 0;
    }
}
