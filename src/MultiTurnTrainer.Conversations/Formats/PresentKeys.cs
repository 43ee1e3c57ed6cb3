namespace MultiTurnTrainer.Conversations.Formats;

/// <summary>Keys that say something: a null key is an absent one, for Arrow gives every row the keys of all rows.</summary>
internal static class PresentKeys
{
    /// <summary>The value of a key; −1 when it is absent or null.</summary>
    public static int Present(this JsonTape row, int owner, ReadOnlySpan<byte> name) =>
        row.Find(owner, name) is >= 0 and int value && row[value].Kind != JsonKind.Null ? value : -1;
}
