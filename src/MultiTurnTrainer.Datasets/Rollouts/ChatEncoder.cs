// Folder Rollouts: prompts as ids, and ids as replies, for models that answer.
// Refuses to know: how a model samples, what is trained on.
using MultiTurnTrainer.Datasets.Rows;

namespace MultiTurnTrainer.Datasets.Rollouts;

/// <summary>Renders and tokenizes with a model's own template and tokenizer.</summary>
/// <param name="model">Template and tokenizer.</param>
public sealed class ChatEncoder(RowModel model) : IChatEncoder
{
    private readonly PromptEncoder _prompts = new(model);
    private readonly HashSet<int> _stops =
    [
        .. model.Template.Stops.Select(model.Tokenizer.TokenToId).Where(id => id is not null).Select(id => id!.Value),
    ];

    /// <summary>The ids that end a reply.</summary>
    public IReadOnlyCollection<int> StopTokens => _stops;

    /// <summary>One more than the largest id of the vocabulary.</summary>
    public int IdLimit => model.Tokenizer.IdLimit;

    /// <inheritdoc/>
    public int[] Prompt(IReadOnlyList<ChatTurn> messages)
    {
        List<object?> list =
        [
            .. messages.Select(turn => new JsonFields { ["role"] = turn.Role, ["content"] = turn.Content }),
        ];
        JsonView json = JsonText.ToView(new JsonFields { ["messages"] = list });
        return _prompts.Encode(Conversation.FromJson(json));
    }

    /// <inheritdoc/>
    public string Reply(IReadOnlyList<int> ids)
    {
        int[] text = [.. ids.Count > 0 && _stops.Contains(ids[^1]) ? ids.SkipLast(1) : ids];
        return model.Tokenizer.Decode(text, skipSpecialTokens: true);
    }

    /// <summary>
    /// Whether user turns may follow one another: they stay apart where the template accepts two, and are merged where it
    /// demands alternation.
    /// </summary>
    public ConsecutiveUsers ChooseConsecutiveUsers()
    {
        try
        {
            Prompt([new ChatTurn("user", "a"), new ChatTurn("user", "b")]);
            return ConsecutiveUsers.Keep;
        }
        catch (MttException problem) when (problem.InnerException is not TemplateException { IsOverBudget: true })
        {
            return ConsecutiveUsers.Merge;
        }
    }
}
