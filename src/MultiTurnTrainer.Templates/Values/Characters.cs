namespace MultiTurnTrainer.Templates.Values;

/// <summary>A text as Python's sequence of code points.</summary>
internal static class Characters
{
    /// <summary>Every code point as a text, no longer marked safe.</summary>
    public static IEnumerable<Value> Of(StrValue value)
    {
        value = value.AsMarkup(false);
        string text = value.Text;
        for (int i = 0; i < text.Length; )
        {
            int width = CodePoints.WidthAt(text, i);
            yield return value.Sub(i, width);
            i += width;
        }
    }

    /// <summary>The code point at an index, or null.</summary>
    public static StrValue? Item(StrValue value, Value key)
    {
        if (key is not (IntValue or BoolValue) || !Numbers.TryIndex(key, out long index))
        {
            return null;
        }

        int length = value.Length;
        index = index < 0 ? index + length : index;
        return index >= 0 && index < length ? At(value, (int)index, length) : null;
    }

    /// <summary>The code points of a slice.</summary>
    public static StrValue Slice(StrValue value, SliceBounds bounds)
    {
        int length = value.Length;
        (int start, int count, int step) = bounds.Resolve(length);
        if (count == 0)
        {
            return value.Sub(0, 0);
        }

        if (step == 1)
        {
            int from = CodePoints.ToUtf16(value.Text, start, length);
            int to = CodePoints.ToUtf16(value.Text, start + count, length);
            return value.Sub(from, to - from);
        }

        RenderBudget.Items(count);
        StrValue[] picked = new StrValue[count];
        for (int i = 0; i < count; i++)
        {
            picked[i] = At(value, start + (int)((long)i * step), length);
        }

        return StrValue.Join(picked, value.IsMarkup);
    }

    private static StrValue At(StrValue value, int index, int length)
    {
        int at = CodePoints.ToUtf16(value.Text, index, length);
        return value.Sub(at, CodePoints.WidthAt(value.Text, at));
    }
}
