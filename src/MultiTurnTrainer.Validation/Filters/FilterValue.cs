namespace MultiTurnTrainer.Validation.Filters;

/// <summary>A value of a filter: nothing, a truth, a number or a text.</summary>
internal readonly record struct FilterValue(object? Value)
{
    public static FilterValue Nothing { get; } = new(null);

    /// <summary>Nothing, false, 0 and the empty text are false.</summary>
    public bool IsTrue =>
        Value switch
        {
            null => false,
            bool truth => truth,
            double number => number != 0,
            string text => text.Length > 0,
            _ => true,
        };

    public string Text =>
        Value switch
        {
            null => "",
            bool truth => truth ? "true" : "false",
            double number => number.ToString("R", CultureInfo.InvariantCulture),
            _ => (string)Value,
        };
}
