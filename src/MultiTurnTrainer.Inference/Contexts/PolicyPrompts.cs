// Folder Contexts: chats as a context policy would send them.
// Refuses to know: who answers, what a policy's steps decide.
using MultiTurnTrainer.Datasets.Contexts;

namespace MultiTurnTrainer.Inference.Contexts;

/// <summary>The prompts that a context policy makes of dialogues.</summary>
/// <param name="model">The policy with what counts its tokens.</param>
public sealed class PolicyPrompts(PolicyModel model)
{
    /// <summary>What is sent of a dialogue: its system message, history and newest turn as the policy plans them.</summary>
    /// <param name="turns">The dialogue; the last turn is the user's.</param>
    /// <exception cref="MttException">What may not leave the prompt is longer than the budget.</exception>
    public IReadOnlyList<ChatTurn> Shape(IReadOnlyList<ChatTurn> turns)
    {
        Conversation source = Conversation.FromJson(
            JsonText.ToView(new { messages = turns.Select(turn => new { role = turn.Role, content = turn.Content }) })
        );
        ContextAssembler assembler = new(model, source);
        foreach (Message message in source.Messages)
        {
            assembler.Append(message);
        }

        return
        [
            .. assembler
                .Next()
                .Json.EnumerateArray()
                .Select(message => new ChatTurn(message.GetString("role")!, message.Get("content")?.ToString() ?? "")),
        ];
    }
}
