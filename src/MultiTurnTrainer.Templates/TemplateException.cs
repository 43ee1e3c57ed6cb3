namespace MultiTurnTrainer.Templates;

/// <summary>Why a template could not be parsed or rendered, as jinja2 would sort it.</summary>
public enum TemplateErrorKind
{
    /// <summary>The template called <c>raise_exception</c>.</summary>
    RaiseException,

    /// <summary>An undefined value was used for more than printing, testing or looping.</summary>
    Undefined,

    /// <summary>A type error or any other error Python would raise.</summary>
    Type,

    /// <summary>The sandbox forbids it: changing a list or a dictionary, reaching a private attribute.</summary>
    Security,

    /// <summary>The template is not valid Jinja.</summary>
    Syntax,
}

/// <summary>A template that cannot be parsed or rendered. It is thrown instead of ever giving a wrong text.</summary>
/// <param name="kind">The kind of error.</param>
/// <param name="message">What is wrong, in the words of jinja2 where it has some.</param>
public sealed class TemplateException(TemplateErrorKind kind, string message) : Exception(message)
{
    /// <summary>The kind of error.</summary>
    public TemplateErrorKind Kind { get; } = kind;

    /// <summary>The kind's name in machine formats: <c>raise_exception</c>, <c>undefined</c>, <c>type</c>, <c>security</c>, <c>syntax</c>.</summary>
    public string KindName =>
        Kind switch
        {
            TemplateErrorKind.RaiseException => "raise_exception",
            TemplateErrorKind.Undefined => "undefined",
            TemplateErrorKind.Security => "security",
            TemplateErrorKind.Syntax => "syntax",
            _ => "type",
        };

    /// <summary>The template's line, from 1; 0 when unknown.</summary>
    public int Line { get; internal set; }

    /// <summary>The column in that line, from 1; 0 when unknown.</summary>
    public int Column { get; internal set; }

    /// <summary>Whether the template used up its budget of work or memory: it would on the next conversation too.</summary>
    public bool IsOverBudget { get; internal init; }

    /// <summary>Kind, place and message in one line.</summary>
    public string Describe() =>
        Line == 0 ? $"{KindName}: {Message}" : $"line {Line}, column {Column}: {KindName}: {Message}";

    internal static TemplateException Type(string message) => new(TemplateErrorKind.Type, message);

    internal static TemplateException Syntax(string message, int line, int column) =>
        new(TemplateErrorKind.Syntax, message) { Line = line, Column = column };
}
