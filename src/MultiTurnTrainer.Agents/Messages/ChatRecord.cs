// Folder Messages: an agent's messages as a record that a policy plans, and its prompts as an agent's messages.
// Refuses to know: policies, stores.
namespace MultiTurnTrainer.Agents.Messages;

/// <summary>
/// The messages of an agent with the canonical ones beside them. A message with the results of several calls is one canonical message
/// for each; whatever a policy leaves as it is comes back as the very object it was.
/// </summary>
internal sealed class ChatRecord
{
    private readonly List<ChatPart> _parts = [];
    private readonly Dictionary<Message, ChatPart> _byMessage = new(ReferenceEqualityComparer.Instance);

    /// <summary>A record of some messages.</summary>
    public ChatRecord(IEnumerable<ChatMessage> messages)
    {
        foreach (ChatMessage message in messages)
        {
            _parts.AddRange(ChatPart.Of(message));
        }

        Conversation = Conversation.FromJson(
            JsonText.ToView(new JsonFields { ["messages"] = _parts.ConvertAll(part => part.Json) })
        );
        foreach ((ChatPart part, Message message) in _parts.Zip(Conversation.Messages))
        {
            _byMessage[message] = part;
        }
    }

    /// <summary>The canonical messages.</summary>
    public Conversation Conversation { get; }

    /// <summary>A prompt that was planned from this record, as messages of the agent.</summary>
    public IReadOnlyList<PlannedMessage> Prompt(IEnumerable<PromptMessage> prompt)
    {
        List<(ChatMessage? Source, List<AIContent> Contents)> shaped = [];
        foreach (PromptMessage message in prompt)
        {
            if (message.Original is null)
            {
                shaped.Add((null, [new TextContent(message.Content)]));
                continue;
            }

            ChatPart part = _byMessage[message.Original];
            if (shaped.Count > 0 && ReferenceEquals(shaped[^1].Source, part.Source))
            {
                shaped[^1].Contents.AddRange(part.Shape(message));
            }
            else
            {
                shaped.Add((part.Source, [.. part.Shape(message)]));
            }
        }

        return
        [
            .. shaped.Select(message => new PlannedMessage(message.Source, ToChat(message.Source, message.Contents))),
        ];
    }

    private static ChatMessage ToChat(ChatMessage? source, List<AIContent> contents)
    {
        if (source is null)
        {
            return new ChatMessage(ChatRole.System, contents);
        }

        if (contents.SequenceEqual(source.Contents, ReferenceEqualityComparer.Instance))
        {
            return source;
        }

        ChatMessage changed = source.Clone();
        changed.Contents = contents;
        return changed;
    }
}

/// <summary>A message of a prompt.</summary>
/// <param name="Source">The message of the record that it is, changed or not; null for one that the policy adds.</param>
/// <param name="Message">The message: the very same where nothing changed.</param>
internal sealed record PlannedMessage(ChatMessage? Source, ChatMessage Message);
