namespace MultiTurnTrainer.Files.Pages;

/// <summary>A condition on one column of a table.</summary>
/// <param name="Column">The column.</param>
/// <param name="Sign">How its cells are compared.</param>
/// <param name="Value">With what.</param>
internal sealed record TableCondition(string Column, string Sign, string Value)
{
    private static readonly string[] _signs = ["!=", "<=", ">=", "=", "<", ">"];

    /// <summary>Reads one.</summary>
    /// <exception cref="MttException">It has no sign, or compares sizes with no number.</exception>
    public static TableCondition Parse(string text)
    {
        (int at, string sign) = _signs
            .Select(one => (At: text.IndexOf(one, StringComparison.Ordinal), Sign: one))
            .Where(found => found.At > 0)
            .OrderBy(found => found.At)
            .ThenByDescending(found => found.Sign.Length)
            .FirstOrDefault((0, ""));
        TableCondition condition = new(text[..at].Trim(), sign, text[(at + sign.Length)..].Trim());
        return at > 0 && (sign is "=" or "!=" || condition.Number is not null)
            ? condition
            : throw new MttException(
                $"{text}: is no condition",
                "Write a column, a sign and a value, such as lora.r=8 or 'eval_loss<2'."
            );
    }

    private double? Number =>
        double.TryParse(Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null;

    /// <summary>Whether it holds; what has no number is neither less nor more than one.</summary>
    public bool Keeps(TableCell cell) =>
        Sign switch
        {
            "=" => IsEqual(cell),
            "!=" => !IsEqual(cell),
            "<" => cell.Number < Number,
            "<=" => cell.Number <= Number,
            ">" => cell.Number > Number,
            _ => cell.Number >= Number,
        };

    private bool IsEqual(TableCell cell) => cell.Text == Value || (Number is { } number && cell.Number == number);
}
