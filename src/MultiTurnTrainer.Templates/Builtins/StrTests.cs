using MultiTurnTrainer.Templates.Values;

namespace MultiTurnTrainer.Templates.Builtins;

/// <summary>The methods that ask what a text consists of: <c>isalpha</c> and its kin.</summary>
internal static class StrTests
{
    /// <summary>Whether there are characters and a test holds for each; of no characters, printable is the one test that holds.</summary>
    public static BoolValue All(StrValue s, Func<int, bool> test)
    {
        string text = s.Text;
        RenderBudget.Spend(text.Length);
        for (int i = 0; i < text.Length; i += CodePoints.WidthAt(text, i))
        {
            if (!test(CodePoints.At(text, i)))
            {
                return BoolValue.False;
            }
        }

        return BoolValue.Of(text.Length > 0 || test == (Func<int, bool>)StringRepr.IsPrintable);
    }

    /// <summary>The category of a code point.</summary>
    public static UnicodeCategory Category(int code) => CharUnicodeInfo.GetUnicodeCategory(code);

    /// <summary>Whether a code point is a number of any kind.</summary>
    public static bool IsNumeric(int code) =>
        Category(code)
            is UnicodeCategory.DecimalDigitNumber
                or UnicodeCategory.LetterNumber
                or UnicodeCategory.OtherNumber;

    /// <summary>Whether a code point is a digit, superscripts and the like included.</summary>
    public static bool IsDigit(int code) =>
        Category(code) == UnicodeCategory.DecimalDigitNumber
        || CharUnicodeInfo.GetDigitValue(char.ConvertFromUtf32(code is >= 0xD800 and <= 0xDFFF ? ' ' : code), 0) >= 0;

    /// <summary>Whether every word begins with a capital and goes on in small letters.</summary>
    public static bool IsTitle(string text)
    {
        RenderBudget.Spend(text.Length);
        bool any = false;
        bool cased = false;
        for (int i = 0; i < text.Length; i += CodePoints.WidthAt(text, i))
        {
            switch (CharUnicodeInfo.GetUnicodeCategory(text, i))
            {
                case UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter:
                    if (cased)
                    {
                        return false;
                    }

                    any = cased = true;
                    break;
                case UnicodeCategory.LowercaseLetter:
                    if (!cased)
                    {
                        return false;
                    }

                    break;
                default:
                    cased = false;
                    break;
            }
        }

        return any;
    }

    /// <summary>Whether the text could be a name in Python.</summary>
    public static bool IsIdentifier(string text)
    {
        RenderBudget.Spend(text.Length);
        for (int i = 0; i < text.Length; i += CodePoints.WidthAt(text, i))
        {
            int c = CodePoints.At(text, i);
            if (!TextCase.IsWord(c) || (i == 0 && IsNumeric(c)))
            {
                return false;
            }
        }

        return text.Length > 0;
    }
}
