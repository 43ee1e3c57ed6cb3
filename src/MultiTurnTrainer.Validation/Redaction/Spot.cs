using MultiTurnTrainer.Conversations.Formats;

namespace MultiTurnTrainer.Validation.Redaction;

/// <summary>What a value is to a row. What makes a row a row is no field of the user's, whatever its name is.</summary>
internal enum Spot
{
    Row,
    Metadata,
    Turns,
    Messages,
    Message,
    ToolMessage,
    Parts,
    Calls,
    Call,
    Function,

    /// <summary>Declared tools, and what a context policy reads: their texts count, their names are not the user's fields.</summary>
    Declared,

    /// <summary>Anything else: the user's own.</summary>
    Data,
}

/// <summary>Where the values of a row lead.</summary>
internal static class Spots
{
    /// <summary>What the value of a property is.</summary>
    public static Spot Inside(Spot spot, JsonTape row, int name)
    {
        string text = row.String(name);
        return spot switch
        {
            Spot.Row => text switch
            {
                "messages" or "prompt" or "completion" or "chosen" or "rejected" => Spot.Messages,
                "tools" => Spot.Declared,
                "metadata" => Spot.Metadata,
                _ => Spot.Data,
            },
            Spot.Metadata => text switch
            {
                "state" => Spot.Declared,
                "turns" => Spot.Turns,
                _ => Spot.Data,
            },
            Spot.Message or Spot.ToolMessage => text switch
            {
                "content" => Spot.Parts,
                "tool_calls" => Spot.Calls,
                _ => Spot.Data,
            },
            Spot.Call when text == "function" => Spot.Function,
            Spot.Declared => Spot.Declared,
            _ => Spot.Data,
        };
    }

    /// <summary>What the elements of a list are.</summary>
    public static Spot OfElement(Spot spot, JsonTape row, int element) =>
        spot switch
        {
            Spot.Messages => row.Find(element, "role"u8) is >= 0 and int role && row.Is(role, "tool"u8)
                ? Spot.ToolMessage
                : Spot.Message,
            Spot.Calls => Spot.Call,
            _ => spot,
        };

    /// <summary>Whether a name is part of what a row is made of.</summary>
    public static bool IsStructure(Spot spot, JsonTape row, int name) =>
        spot switch
        {
            Spot.Data => false,
            Spot.Row => row.String(name) is "messages" or "prompt" or "completion" or "chosen" or "rejected" or "tools"
                || SupervisionReader.IsKey(row.Raw(name)),
            Spot.Metadata => row.String(name) is "state" or "turns" or "timestamps" or "policy",
            Spot.Turns => row.String(name) is "id" or "outcome" or "answer" or "replaces" or "finish_reason",
            Spot.Message => row.String(name) is "role" or "content" or "tool_calls" or "training_detail"
                || SupervisionReader.IsKey(row.Raw(name)),
            Spot.ToolMessage => row.String(name) is "role" or "content" or "name" or "tool_call_id",
            Spot.Call => row.String(name) is "type" or "function" or "id",
            Spot.Function => row.String(name) is "name" or "arguments",
            _ => true,
        };
}
