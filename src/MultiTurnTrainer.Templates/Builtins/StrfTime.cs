using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>Python's <c>strftime</c> in the C locale, on the pinned date.</summary>
internal static class StrfTime
{
    private static readonly Origin _origin = Origin.Variable("now");

    /// <summary>The formatted date.</summary>
    /// <exception cref="TemplateException">No date is pinned, or a directive is unknown.</exception>
    public static StrValue Format(string format, DateTimeOffset? now)
    {
        if (now is not { } time)
        {
            throw TemplateException.Type("the template asks for the date: pin one, so that runs agree");
        }

        RenderBudget.Mapped(8L * format.Length);
        StringBuilder text = new();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }

            i++;
            bool plain = format[i] == '-' && i + 1 < format.Length;
            i += plain ? 1 : 0;
            string part = Directive(format[i], time);
            text.Append(plain && part.Length > 1 ? part[..^1].TrimStart('0', ' ') + part[^1] : part);
        }

        return new StrValue(text.ToString(), _origin);
    }

    private static string Directive(char directive, DateTimeOffset t)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        return directive switch
        {
            'a' => t.ToString("ddd", c),
            'A' => t.ToString("dddd", c),
            'b' or 'h' => t.ToString("MMM", c),
            'B' => t.ToString("MMMM", c),
            'c' => $"{t.ToString("ddd MMM", c)} {t.Day, 2} {t.ToString("HH:mm:ss yyyy", c)}",
            'C' => (t.Year / 100).ToString("00", c),
            'd' => t.ToString("dd", c),
            'D' or 'x' => t.ToString("MM'/'dd'/'yy", c),
            'e' => t.Day.ToString(c).PadLeft(2),
            'f' => t.ToString("ffffff", c),
            'F' => t.ToString("yyyy-MM-dd", c),
            'g' => (ISOWeek.GetYear(t.DateTime) % 100).ToString("00", c),
            'G' => ISOWeek.GetYear(t.DateTime).ToString(c),
            'H' => t.ToString("HH", c),
            'I' => t.ToString("hh", c),
            'j' => t.DayOfYear.ToString("000", c),
            'k' => t.Hour.ToString(c).PadLeft(2),
            'l' => t.ToString("%h", c).PadLeft(2),
            'm' => t.ToString("MM", c),
            'M' => t.ToString("mm", c),
            'n' => "\n",
            'p' => t.Hour < 12 ? "AM" : "PM",
            'P' => t.Hour < 12 ? "am" : "pm",
            'r' => t.ToString("hh:mm:ss ", c) + (t.Hour < 12 ? "AM" : "PM"),
            'R' => t.ToString("HH:mm", c),
            's' => t.ToUnixTimeSeconds().ToString(c),
            'S' => t.ToString("ss", c),
            't' => "\t",
            'T' or 'X' => t.ToString("HH:mm:ss", c),
            'u' => (t.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)t.DayOfWeek).ToString(c),
            'U' => ((t.DayOfYear + 6 - (int)t.DayOfWeek) / 7).ToString("00", c),
            'V' => ISOWeek.GetWeekOfYear(t.DateTime).ToString("00", c),
            'w' => ((int)t.DayOfWeek).ToString(c),
            'W' => ((t.DayOfYear + 6 - (((int)t.DayOfWeek + 6) % 7)) / 7).ToString("00", c),
            'y' => t.ToString("yy", c),
            'Y' => t.Year.ToString(c),
            // datetime.now() has no time zone.
            'z' or 'Z' => "",
            '%' => "%",
            '_' or '0' or '^' or '#' or 'E' or 'O' or '+' or (>= '1' and <= '9') => throw TemplateException.Type(
                $"strftime flag %{directive} is not supported"
            ),
            _ => $"%{directive}",
        };
    }
}
