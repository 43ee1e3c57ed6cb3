using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Retrieval;

namespace MultiTurnTrainer.Context.Planning;

/// <summary>A state variable from a turn on.</summary>
/// <param name="Turn">The first turn, from 0, in which it has this value.</param>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value; empty removes it.</param>
public sealed record StateChange(int Turn, string Name, string Value);

/// <summary>An exchange of another session that was found for a turn.</summary>
/// <param name="For">The turn, from 0.</param>
/// <param name="Exchange">The exchange; it has no messages here.</param>
public sealed record RecalledExchange(int For, Exchange Exchange);

/// <summary>What a conversation has beside its messages.</summary>
public sealed record ContextInputs
{
    /// <summary>The declared tools.</summary>
    public JsonView? Tools { get; init; }

    /// <summary>The texts of the documents, in order.</summary>
    public IReadOnlyList<string> Documents { get; init; } = [];

    /// <summary>State variables, by rising turn.</summary>
    public IReadOnlyList<StateChange> State { get; init; } = [];

    /// <summary>The time of each message from <see cref="FirstTime"/> on, where it is known.</summary>
    public IReadOnlyList<DateTimeOffset?> Times { get; init; } = [];

    /// <summary>The message that <see cref="Times"/> begins with.</summary>
    public int FirstTime { get; init; }

    /// <summary>The time of a message; null where it is not known.</summary>
    public DateTimeOffset? TimeOf(int message) =>
        message >= FirstTime && message - FirstTime < Times.Count ? Times[message - FirstTime] : null;

    /// <summary>What models made of it; null where nothing is on record.</summary>
    public IArtefacts? Artefacts { get; init; }

    /// <summary>Exchanges of the user's other sessions, by rising turn.</summary>
    public IReadOnlyList<RecalledExchange> Recalled { get; init; } = [];

    /// <summary>Where the template takes what is injected.</summary>
    public BlockPlacement Placement { get; init; }

    /// <summary>
    /// What a conversation says: <c>tools</c>, <c>documents</c>, <c>metadata.timestamps</c> (one for each message),
    /// <c>metadata.state</c> (a list of <c>{"turn", "name", "value"}</c>, turns from 0), <c>metadata.artefacts</c>, <c>metadata.recalled</c> (a
    /// list of <c>{"turn", "text", "session", "session_turn", "at"}</c>: exchanges of the user's other sessions that were found for a turn).
    /// </summary>
    public static ContextInputs Of(Conversation conversation) =>
        new()
        {
            Tools = conversation.Tools,
            Documents = Texts(Get(conversation.Json, "documents")),
            State = States(Get(conversation.Metadata, "state")),
            Times = Stamps(Get(conversation.Metadata, "timestamps")),
            Artefacts = RowArtefacts.Of(Get(conversation.Metadata, "artefacts")),
            Recalled = RecalledOf(Get(conversation.Metadata, "recalled")),
        };

    private static JsonView? Get(JsonView? owner, string name) =>
        owner is { Kind: JsonKind.Object } json && json.TryGetProperty(name, out JsonView value) ? value : null;

    private static string[] Texts(JsonView? documents) =>
        documents is { Kind: JsonKind.Array } list ? [.. list.EnumerateArray().Select(Text)] : [];

    private static string Text(JsonView document) =>
        document.Kind switch
        {
            JsonKind.String => document.GetString()!,
            JsonKind.Object => string.Join(
                '\n',
                document
                    .EnumerateObject()
                    .Where(field => field.Value.Kind == JsonKind.String)
                    .Select(field => field.Value.GetString())
            ),
            _ => document.GetRawText(),
        };

    private static StateChange[] States(JsonView? list) =>
        list is { Kind: JsonKind.Array } changes
            ?
            [
                .. changes
                    .EnumerateArray()
                    .Select(change => new StateChange(
                        Get(change, "turn") is { Kind: JsonKind.Number } turn ? turn.GetInt32() : 0,
                        Get(change, "name")?.ToString() ?? "",
                        Get(change, "value")?.ToString() ?? ""
                    ))
                    .Where(change => change.Name.Length > 0)
                    .OrderBy(change => change.Turn),
            ]
            : [];

    private static RecalledExchange[] RecalledOf(JsonView? list) =>
        list is { Kind: JsonKind.Array } recalled
            ?
            [
                .. recalled
                    .EnumerateArray()
                    .Select(one => new RecalledExchange(
                        Number(one, "turn"),
                        new Exchange(
                            Number(one, "session_turn"),
                            [],
                            Get(one, "text")?.ToString() ?? "",
                            Get(one, "at") is { } at ? Stamp(at) : null
                        )
                        {
                            Session = Get(one, "session")?.ToString() ?? "",
                        }
                    )),
            ]
            : [];

    private static int Number(JsonView owner, string name) =>
        Get(owner, name) is { Kind: JsonKind.Number } number && number.TryGetInt32(out int value) ? value : 0;

    private static DateTimeOffset?[] Stamps(JsonView? list) =>
        list is { Kind: JsonKind.Array } stamps ? [.. stamps.EnumerateArray().Select(Stamp)] : [];

    private static DateTimeOffset? Stamp(JsonView stamp) =>
        stamp.Kind switch
        {
            JsonKind.String when stamp.TryGetDateTimeOffset(out DateTimeOffset time) => time,
            JsonKind.Number when stamp.TryGetInt64(out long seconds) && seconds is > 0 and < 253402300800 =>
                DateTimeOffset.FromUnixTimeSeconds(seconds),
            _ => null,
        };
}
