using MultiTurnTrainer.Context.Artefacts;

namespace MultiTurnTrainer.Datasets.Contexts;

/// <summary>Has everything made that the plans of a conversation need of models.</summary>
public static class ArtefactCompletion
{
    /// <summary>Plans a conversation as it grows; what is missing is made, and the plans go on from there.</summary>
    /// <param name="model">The policy and its model; its artefacts find what <paramref name="maker"/> makes.</param>
    /// <param name="conversation">The conversation. Where the policy refuses it, whoever plans it next says so.</param>
    /// <param name="maker">Makes what is missing.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="MttException">It cannot be made.</exception>
    public static async Task CompleteAsync(
        PolicyModel model,
        Conversation conversation,
        IArtefactMaker maker,
        CancellationToken cancellation
    )
    {
        ContextAssembler assembler;
        try
        {
            assembler = new ContextAssembler(model, conversation);
        }
        catch (MttException)
        {
            return;
        }

        int next = 0;
        while (Missing(assembler, conversation, ref next) is { } missing)
        {
            await maker.MakeAsync(missing.Missing, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Has everything made by which a conversation is measured: a judge's words on its answers, classes of labelled messages.</summary>
    /// <param name="model">The policy; its artefacts find what <paramref name="maker"/> makes.</param>
    /// <param name="conversation">The conversation.</param>
    /// <param name="maker">Makes what is missing.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="MttException">It cannot be made.</exception>
    public static Task MeasureAsync(
        PolicyModel model,
        Conversation conversation,
        IArtefactMaker maker,
        CancellationToken cancellation
    )
    {
        IArtefacts made = model.ArtefactsOf(conversation);
        IEnumerable<ArtefactRequest> wanted = ToneMeter.Requests(model.Policy, conversation.Messages);
        if (model.Policy.Retention is { } retention)
        {
            wanted = wanted.Concat(RetentionLabels.Requests(conversation, retention));
        }

        return maker.MakeAsync([.. wanted.Where(request => made.Find(request.Key) is null)], cancellation);
    }

    private static ArtefactMissingException? Missing(
        ContextAssembler assembler,
        Conversation conversation,
        ref int next
    )
    {
        try
        {
            for (; next < conversation.Messages.Count; next++)
            {
                assembler.Append(conversation.Messages[next]);
            }
        }
        catch (ArtefactMissingException missing)
        {
            return missing;
        }
        catch (MttException)
        {
            // The policy refuses it.
        }

        return null;
    }
}
