using MultiTurnTrainer.Conversations.Json;

namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>Weights of messages, under any of the names that trainers read: numbers, or whether to train at all.</summary>
internal static class WeightWriter
{
    /// <summary>The weight of a message; −1 when it has none.</summary>
    public static int Find(JsonTape row, int message)
    {
        int weight = row.Find(message, "weight"u8);
        weight = weight >= 0 ? weight : row.Find(message, "loss"u8);
        weight = weight >= 0 ? weight : row.Find(message, "train"u8);
        return weight >= 0 ? weight : row.Find(message, "training"u8);
    }

    /// <summary>Whether a key says whether its message is supervised, as Axolotl has it.</summary>
    public static bool IsFlag(JsonTape row, int name) =>
        (row.Is(name, "train"u8) || row.Is(name, "training"u8))
        && row[name + 1].Kind is JsonKind.True or JsonKind.False;

    /// <summary>Writes a weight; true is 1 and false is 0.</summary>
    public static void Write(JsonTape row, int weight, CanonicalRow output) =>
        output.Raw(
            "weight"u8,
            row[weight].Kind switch
            {
                JsonKind.True => "1"u8,
                JsonKind.False => "0"u8,
                _ => row.RawValue(weight),
            }
        );
}
