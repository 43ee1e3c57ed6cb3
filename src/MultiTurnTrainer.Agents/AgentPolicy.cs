using MultiTurnTrainer.Agents.Messages;

namespace MultiTurnTrainer.Agents;

/// <summary>
/// A context policy for .NET agents: the prompts are those that <c>mtt mask --policy</c> trained on and <c>mtt serve</c> sends. Safe for
/// several threads.
/// </summary>
public sealed class AgentPolicy
{
    /// <summary>A policy over what counts its tokens.</summary>
    /// <param name="model">The policy with the model it is for.</param>
    /// <param name="tools">The tools that the model is told of: their declarations cost tokens too.</param>
    public AgentPolicy(PolicyModel model, IEnumerable<AITool>? tools = null)
    {
        Model = model;
        JsonFields[] declared = [.. (tools ?? []).OfType<AIFunctionDeclaration>().Select(Declare)];
        Tools = declared.Length == 0 ? null : JsonText.ToView(declared);
    }

    /// <summary>The policy with what counts its tokens.</summary>
    public PolicyModel Model { get; }

    /// <summary>The tools as the model is told of them; null for none.</summary>
    internal JsonView? Tools { get; }

    /// <summary>Loads a policy.</summary>
    /// <param name="policy">A preset's name, a policy's file, or an <c>mtt.yaml</c> with a section <c>context:</c>.</param>
    /// <param name="modelFolder">The folder with the model's template and tokenizer; null estimates tokens from the text's length.</param>
    /// <param name="window">Tokens that a prompt and its answer may have; null takes the policy's or the model's.</param>
    /// <param name="tools">The tools that the model is told of.</param>
    /// <exception cref="MttException">There is no such policy or model; the message says why.</exception>
    public static AgentPolicy Load(
        string policy,
        string? modelFolder = null,
        int? window = null,
        IEnumerable<AITool>? tools = null
    )
    {
        ContextPolicy read = PolicyFile.Load(policy);
        PolicyModel model = modelFolder is null
            ? new PolicyModel(read, static () => new ByteTokenCounter(), window)
            : new PolicyModel(read, RowModel.Load(modelFolder, new RowOptions()), window);
        return new AgentPolicy(model, tools);
    }

    /// <summary>The prompt of the answer that comes next.</summary>
    /// <param name="messages">The whole conversation so far: never an earlier prompt.</param>
    /// <returns>
    /// The same objects where the policy leaves them as they are, and at most one system message. What left is in the plan, with reasons.
    /// </returns>
    /// <exception cref="MttException">What may not leave a prompt is longer than the budget.</exception>
    public AgentPrompt Assemble(IEnumerable<ChatMessage> messages)
    {
        ChatRecord record = new(messages);
        AssembledPrompt prompt = Plan(record, record.Conversation.Json).Next();
        return new AgentPrompt(record.Prompt(prompt.Messages), prompt.Plan);
    }

    /// <summary>The prompts of a record, its messages added.</summary>
    internal ContextAssembler Plan(ChatRecord record, JsonView beside)
    {
        JsonFields source = new(beside) { ["messages"] = new List<object?>() };
        source.AddPresent("tools", Tools);
        ContextAssembler assembler = new(Model, Conversation.FromJson(JsonText.ToView(source)));
        foreach (Message message in record.Conversation.Messages)
        {
            assembler.Append(message);
        }

        return assembler;
    }

    private static JsonFields Declare(AIFunctionDeclaration tool) =>
        new()
        {
            ["type"] = "function",
            ["function"] = new JsonFields
            {
                ["name"] = tool.Name,
                ["description"] = tool.Description,
                ["parameters"] = tool.JsonSchema,
            },
        };
}

/// <summary>A prompt.</summary>
public sealed record AgentPrompt
{
    internal AgentPrompt(IReadOnlyList<PlannedMessage> planned, ContextPlan plan)
    {
        (Planned, Plan) = (planned, plan);
        Messages = [.. planned.Select(message => message.Message)];
    }

    /// <summary>Its messages.</summary>
    public IReadOnlyList<ChatMessage> Messages { get; }

    /// <summary>What it holds, what left, and why.</summary>
    public ContextPlan Plan { get; }

    /// <summary>Its messages with those of the record that they are.</summary>
    internal IReadOnlyList<PlannedMessage> Planned { get; }
}
