namespace MultiTurnTrainer.Templates.Values;

/// <summary>Collects runs into one text, keeping the origin of each.</summary>
internal sealed class TextBuilder
{
    private readonly List<StrValue> _parts = [];
    private long _chars;

    /// <summary>Adds a text with its origins.</summary>
    public void Append(StrValue part)
    {
        RenderBudget.Items(3);
        if (part.Chars > 0)
        {
            _parts.Add(part);
            _chars += part.Chars;
            if (_chars > Limits.MaxText)
            {
                throw Limits.TextTooLong();
            }
        }
    }

    /// <summary>Adds text that the conversion itself makes: braces, commas, quotes.</summary>
    public void Append(string text) => Append(text, Origin.Computed, 0);

    /// <summary>Adds text that belongs to another: the quotes around a string, an escape.</summary>
    public void Append(string text, Origin? origin, int offset)
    {
        RenderBudget.Chars(text.Length);
        Append(new StrValue(text, origin, offset));
    }

    /// <summary>The whole text.</summary>
    public StrValue Build() =>
        _parts.Count switch
        {
            0 => StrValue.Empty,
            1 => _parts[0],
            _ => StrValue.Join([.. _parts]),
        };
}
