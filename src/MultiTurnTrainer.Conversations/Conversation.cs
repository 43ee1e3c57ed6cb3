// Folder Conversations: a row of data as everything below sees it.
// Refuses to know: files, templates, tokens.

namespace MultiTurnTrainer.Conversations;

/// <summary>
/// One conversation: a typed view over its canonical JSON object
/// (<c>{"id"?, "messages": […], "tools"?, "metadata"?}</c>, other keys kept as they are).
/// </summary>
public sealed class Conversation
{
    private readonly Lazy<Supervision> _supervision;

    private Conversation(
        JsonView json,
        IReadOnlyList<Message> messages,
        string? file,
        long line,
        Supervision? supervision
    )
    {
        Json = json;
        Messages = messages;
        File = file;
        Line = line;
        _supervision = supervision is null ? new(ReadSupervision) : new(supervision);
    }

    /// <summary>The row's id as text, when it has one.</summary>
    public string? Id =>
        Json.Get("id") switch
        {
            { Kind: JsonKind.String } text => text.GetString(),
            { Kind: JsonKind.Number } number => number.GetRawText(),
            _ => null,
        };

    /// <summary>The messages, in order.</summary>
    public IReadOnlyList<Message> Messages { get; }

    /// <summary>The declared tools, an array in the form templates expect.</summary>
    public JsonView? Tools => Json.Get("tools");

    /// <summary>How much its messages count in the loss.</summary>
    /// <exception cref="MttException">A weight of a conversation made in memory has no meaning.</exception>
    public Supervision Supervision => _supervision.Value;

    /// <summary>The row's own template variables; they win over those of the run.</summary>
    public IReadOnlyDictionary<string, JsonView> Variables => VariablesReader.Of(Json);

    /// <summary>The row's own <c>bos_token</c>; null in <paramref name="token"/> where it says that there is none.</summary>
    /// <returns>Whether the row says it.</returns>
    public bool TryGetBosToken(out string? token) => TryGetToken("bos_token", out token);

    /// <summary>The row's own <c>eos_token</c>, as <see cref="TryGetBosToken"/>.</summary>
    public bool TryGetEosToken(out string? token) => TryGetToken("eos_token", out token);

    /// <summary>The row's own stop tokens; null when it names none.</summary>
    public IReadOnlyList<string>? Stops =>
        Json.Get("stop") is { Kind: JsonKind.Array } list
            ? [.. list.EnumerateArray().Where(stop => stop.Kind == JsonKind.String).Select(stop => stop.GetString()!)]
            : null;

    /// <summary>Whether the reader left out nulls that Arrow had added to tools or to the arguments of calls.</summary>
    public bool LostNulls { get; private init; }

    /// <summary>What the source said beside the conversation.</summary>
    public JsonView? Metadata => Json.Get("metadata");

    /// <summary>The canonical object.</summary>
    public JsonView Json { get; }

    /// <summary>The file it was read from; null for one made in memory.</summary>
    public string? File { get; }

    /// <summary>The line where it begins, from 1; 0 for one made in memory.</summary>
    public long Line { get; }

    /// <summary><c>FILE:LINE</c>, for messages.</summary>
    public string Place => File is null ? "(in memory)" : Invariant($"{File}:{Line}");

    /// <summary>Reads a canonical object.</summary>
    /// <param name="json">The object; not disposed while the conversation lives.</param>
    /// <param name="file">Where it came from, for messages.</param>
    /// <param name="line">The line there, from 1.</param>
    /// <exception cref="MttException">It is not an object with a list <c>messages</c> of objects.</exception>
    public static Conversation FromJson(JsonView json, string? file = null, long line = 0) =>
        FromJson(json, file, line, supervision: null);

    /// <summary>Reads a canonical object whose weights are read already.</summary>
    internal static Conversation FromJson(
        JsonView json,
        string? file,
        long line,
        Supervision? supervision,
        bool lostNulls = false
    )
    {
        string place = file is null ? "" : Invariant($"{file}:{line}: ");
        if (json.Get("messages") is not { Kind: JsonKind.Array } list)
        {
            throw new MttException($"{place}messages: a list of messages is needed", Remedy(file));
        }

        List<Message> messages = new(list.GetArrayLength());
        foreach (JsonView message in list.EnumerateArray())
        {
            if (message.Kind != JsonKind.Object)
            {
                throw new MttException(Invariant($"{place}messages[{messages.Count}]: is not an object"), Remedy(file));
            }

            messages.Add(new Message(message));
        }

        return new Conversation(json, messages, file, line, supervision) { LostNulls = lostNulls };
    }

    private Supervision ReadSupervision()
    {
        JsonTape tape = Json.ToTape();
        List<RowProblem> problems = [];
        Supervision supervision = SupervisionReader.Read(tape, tape.Find(0, "messages"u8), problems);
        return problems.Count == 0
            ? supervision
            : throw new MttException(
                $"{Place}: {JsonPathText.Of(tape, problems[0].Token)}: {problems[0].Text}",
                problems[0].Hint
            );
    }

    private bool TryGetToken(string name, out string? token)
    {
        bool given = Json.TryGetProperty(name, out JsonView value);
        token = given && value.Kind == JsonKind.String ? value.GetString() : null;
        return given;
    }

    private static string Remedy(string? file) =>
        file is null
            ? "Give {\"messages\": [{\"role\", \"content\"}, …]}."
            : $"mtt validate {file} lists every problem.";
}
