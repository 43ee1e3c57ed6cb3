// Folder Contexts: a policy's plans as prompts and training rows of a model: rendered, counted, compared.
// Refuses to know: what a policy's steps decide.
using System.Text;
using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Datasets.Rows;

namespace MultiTurnTrainer.Datasets.Contexts;

/// <summary>The prompt of one call.</summary>
/// <param name="Plan">What it holds and why.</param>
/// <param name="Messages">Its messages.</param>
/// <param name="Json">The same as a JSON array.</param>
/// <param name="Text">The rendered text, with the header of the answer; empty for a hosted model.</param>
public sealed record AssembledPrompt(
    ContextPlan Plan,
    IReadOnlyList<PromptMessage> Messages,
    JsonView Json,
    string Text
)
{
    /// <summary>Renders its beginnings; null for a hosted model.</summary>
    internal RenderSession? Session { get; init; }
}

/// <summary>
/// Assembles the prompts of one conversation as it grows: for training rows, for <c>mtt context</c> and for a live
/// session alike. Every prompt is checked: it holds each constraint in force, and it is within the budget by the model's
/// own tokens. Not for several threads.
/// </summary>
public sealed class ContextAssembler
{
    private readonly PolicyModel _model;
    private readonly Conversation _source;
    private readonly RowSource? _rows;
    private readonly PromptEncoder? _encoder;
    private readonly ContextSession _session;
    private readonly TailList<Message> _record;
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private readonly JsonWriter _json;
    private readonly PromptTokens? _tokens;
    private RenderSession? _render;
    private AssembledPrompt? _prompt;
    private string _block = "";
    private bool _quotesControl;

    /// <summary>Begins a conversation without messages.</summary>
    /// <param name="model">The policy and its model.</param>
    /// <param name="source">What it has beside messages: tools, variables, documents, state; its messages are not read.</param>
    /// <exception cref="MttException">The template takes nothing of what the policy adds.</exception>
    public ContextAssembler(PolicyModel model, Conversation source)
        : this(model, source, null) { }

    /// <summary>Goes on with a conversation from where its plans stood: every later prompt is the one that it would have had.</summary>
    /// <param name="model">The policy and its model.</param>
    /// <param name="source">
    /// What it has beside messages, and the messages that are still needed: the first <see cref="PlanState.Leading"/>, then those from
    /// <see cref="PlanState.From"/> on.
    /// </param>
    /// <param name="state">What <see cref="Save"/> gave; null begins a conversation without messages.</param>
    /// <exception cref="MttException">The template takes nothing of what the policy adds.</exception>
    public ContextAssembler(PolicyModel model, Conversation source, PlanState? state)
    {
        (_model, _source) = (model, source);
        _rows = model.Template is { } template ? new RowSource(source, template, new RowOptions()) : null;
        _encoder = model.Model is { } known ? new PromptEncoder(known) : null;
        Counter = new MessageTokens(model.NewCounter());
        _json = new JsonWriter(_buffer);
        _tokens = model.Model is { } whole ? new PromptTokens(whole, _rows!.Stops) : null;
        _quotesControl = QuotesControl(model.Policy.Persona.Reminder) || QuotesControlBesideMessages(source);
        if (state is null)
        {
            _record = new TailList<Message>();
            _session = model.Open(ContextInputs.Of(source), Counter);
            return;
        }

        _record = new TailList<Message>([.. source.Messages.Take(state.Leading)], state.From);
        foreach (Message message in source.Messages.Skip(state.Leading))
        {
            _record.Add(message);
        }

        _quotesControl |= source.Messages.Any(message => QuotesControl(message.Json));
        _session = model.Open(
            ContextInputs.Of(source) with
            {
                FirstTime = state.From,
            },
            Counter,
            state,
            source.Messages
        );
    }

    /// <summary>Counts the conversation's messages.</summary>
    internal ITokenCounter Counter { get; }

    /// <summary>The messages so far.</summary>
    public IReadOnlyList<Message> Record => _record;

    /// <summary>Adds the next message.</summary>
    /// <exception cref="MttException">It belongs to no group, or no prompt of the policy can hold it.</exception>
    public void Append(Message message)
    {
        try
        {
            if (message.Role == Role.Assistant)
            {
                // What a prompt really measures decides what the later ones hold: measure it, asked for or not.
                Next();
            }

            _session.Append(message);
        }
        catch (MttException problem)
        {
            throw Placed(problem);
        }

        _record.Add(message);
        _quotesControl |= QuotesControl(message.Json);
        _prompt = null;
    }

    /// <summary>Where the plans stand, to go on from there later; null except after an answer.</summary>
    public PlanState? Save() => _session.Save();

    /// <summary>Takes over what a server's <c>usage</c> says of the newest prompt.</summary>
    public void Correct(int promptTokens) => _session.Correct(promptTokens);

    /// <summary>The newest prompt again, now that its real length is known: where it is over the budget, more leaves.</summary>
    /// <param name="promptTokens">Its tokens.</param>
    /// <exception cref="MttException">What may not leave is longer than the budget.</exception>
    public AssembledPrompt Refit(int promptTokens)
    {
        Next();
        try
        {
            return _prompt = Render(_session.Refit(promptTokens));
        }
        catch (MttException problem)
        {
            throw Placed(problem);
        }
    }

    /// <summary>The prompt of the answer that comes next.</summary>
    /// <exception cref="MttException">
    /// What may not leave is longer than the budget, the template refuses the prompt, or a constraint is not in it.
    /// </exception>
    public AssembledPrompt Next()
    {
        if (_prompt is not null)
        {
            return _prompt;
        }

        try
        {
            AssembledPrompt prompt = Render(_session.Plan());
            for (int tokens = Tokens(prompt); tokens > _model.Budget; tokens = Tokens(prompt))
            {
                ContextPlan plan = _session.Refit(tokens);
                if (ReferenceEquals(plan, prompt.Plan))
                {
                    break;
                }

                prompt = Render(plan);
            }

            RequireConstraints(prompt);
            return _prompt = prompt;
        }
        catch (MttException problem)
        {
            throw Placed(problem);
        }
    }

    /// <summary>The ids of the newest prompt, as the model is asked with.</summary>
    public int[] Ids()
    {
        AssembledPrompt prompt = Next();
        return _encoder!.Encode(Conversation(prompt));
    }

    private AssembledPrompt Render(ContextPlan plan)
    {
        IReadOnlyList<PromptMessage> messages = PromptMessages.Of(plan, _record);
        _buffer.Clear();
        _json.Reset();
        _json.WriteStartArray();
        foreach (PromptMessage message in messages)
        {
            message.WriteTo(_json, isContext: false);
        }

        _json.WriteEndArray();
        _json.Flush();
        AssembledPrompt prompt = new(plan, messages, JsonView.Parse(_buffer.WrittenSpan), "");
        if (_rows is null)
        {
            return prompt;
        }

        try
        {
            RenderSession session =
                _render is { } known && !HasDocuments
                    ? known.With(prompt.Json)
                    : _rows.Template.OpenText(Input(prompt) with { AddGenerationPrompt = true });
            _render = session;
            return prompt with { Text = session.Text(), Session = session };
        }
        catch (TemplateException problem)
        {
            throw new MttException(
                Invariant($"messages[{plan.Call}]: the template refuses its prompt: {problem.Describe()}"),
                "Check the conversation with mtt render, or use another template.",
                problem
            );
        }
    }

    private RenderInput Input(AssembledPrompt prompt)
    {
        RenderInput input = _rows!.Input(_rows.All) with { Messages = prompt.Json };
        if (_model.Policy.Documents is { Place: DocumentPlacement.Template, MaxTokens: 0 } || !HasDocuments)
        {
            return input;
        }

        Dictionary<string, JsonView> variables = new(input.Variables!, StringComparer.Ordinal);
        variables.Remove("documents");
        if (ContextRows.Documents(_source, _model.Policy, prompt.Plan) is { } documents)
        {
            variables["documents"] = documents;
        }

        return input with
        {
            Variables = variables,
        };
    }

    private bool HasDocuments => _source.Json.TryGetProperty("documents", out _);

    /// <summary>The tokens of a prompt; 0 where nobody asks.</summary>
    private int Tokens(AssembledPrompt prompt)
    {
        if (_model.Policy.Overflow == OverflowMode.Allow || _encoder is null)
        {
            return 0;
        }

        if (!ReferenceEquals(prompt.Plan.Block, _block))
        {
            _block = prompt.Plan.Block;
            _quotesControl |= QuotesControl(_block);
        }

        if (_tokens!.IsUsable && !_quotesControl)
        {
            return _tokens.Count(prompt.Text);
        }

        // A token has at least a byte.
        int most = Encoding.UTF8.GetByteCount(prompt.Text);
        return most <= _model.Budget ? most : _encoder.Encode(Conversation(prompt)).Length;
    }

    private bool QuotesControl(string text) => _model.Model?.Tokens.Control.IsIn(text) ?? false;

    private bool QuotesControl(JsonView json) =>
        json.Kind switch
        {
            JsonKind.String => QuotesControl(json.GetString()!),
            JsonKind.Array => json.EnumerateArray().Any(QuotesControl),
            JsonKind.Object => json.EnumerateObject()
                .Any(field => QuotesControl(field.Name) || QuotesControl(field.Value)),
            _ => false,
        };

    // Token strings of a row are names of control tokens and no text of the data.
    private bool QuotesControlBesideMessages(Conversation source) =>
        source
            .Json.EnumerateObject()
            .Any(field =>
                field.Name is not ("messages" or "bos_token" or "eos_token" or "stop") && QuotesControl(field.Value)
            );

    private Conversation Conversation(AssembledPrompt prompt) =>
        Conversations.Conversation.FromJson(
            ContextRows.Write(_source, prompt, _model.Policy, static (_, _) => false, null),
            _source.File,
            _source.Line
        );

    private void RequireConstraints(AssembledPrompt prompt)
    {
        if (_rows is null)
        {
            return;
        }

        foreach (PlanItem item in prompt.Plan.Items)
        {
            if (item.Kind == ItemKind.Constraint && !prompt.Text.Contains(item.Text!, StringComparison.Ordinal))
            {
                throw new MttException(
                    Invariant(
                        $"messages[{prompt.Plan.Call}]: the prompt lost the constraint of messages[{item.Sources[0]}]: {item.Text}"
                    ),
                    "The template rewrites what it prints: use another, or turn context.constraints off."
                );
            }
        }
    }

    private MttException Placed(MttException problem) =>
        problem.Message.StartsWith(_source.Place, StringComparison.Ordinal) ? problem
        : problem is ArtefactMissingException missing ? missing.At(_source.Place)
        : new MttException($"{_source.Place}: {problem.Message}", problem.Remedy, problem.InnerException);
}
